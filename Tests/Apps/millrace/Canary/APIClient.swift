import Domain
import HTTPAdapter
import Ports
import SystemAdapter

/// Calls of a server over HTTP; ends with this object. Keeps all answers that it has got.
final class APIClient: Sendable {
  struct Answer: Sendable {
    var status: Int
    var text: String

    /// A member of an answer that is a JSON object.
    subscript(name: String) -> String {
      guard case .object(let members) = try? Value(json: text),
        case .string(let value)? = members[name]
      else { return "" }
      return value
    }
  }

  private let loop: EventLoop
  private let network: LocalNetwork
  private let url: String
  /// What each call was answered, after the words for the call.
  let answers = Monitor<[(String, Answer)]>([])

  init(_ url: String) throws {
    loop = try EventLoop(name: "api-client")
    loop.start()
    network = LocalNetwork(
      on: loop, time: SystemTime(on: loop),
      pool: BlockingPool(name: "names", threads: 1, waitingMax: 8),
      telemetry: StandardErrorTelemetry(level: .error))
    self.url = url
  }

  deinit { loop.stop() }

  @discardableResult
  func call(
    _ method: String, _ path: String, _ body: String? = nil, token: String? = nil
  ) async throws -> Answer {
    let fields = token.map { [HTTPField("Authorization", "Bearer \($0)")] } ?? []
    return try await call(method, path, body, fields: fields)
  }

  /// A call with fields of its own.
  @discardableResult
  func call(
    _ method: String, _ path: String, _ body: String? = nil, fields: [HTTPField]
  ) async throws -> Answer {
    let (answer, head) = try await send(method, path, body, fields)
    answers.withLock {
      $0.append(("\(method) \(path)", answer))
      $0.append(("head of \(method) \(path)", Answer(status: answer.status, text: head)))
    }
    return answer
  }

  /// A call whose answer gives out a credential to whom it belongs, and is not kept.
  func credential(
    _ method: String, _ path: String, _ body: String, token: String? = nil
  ) async throws -> Answer {
    let fields = token.map { [HTTPField("Authorization", "Bearer \($0)")] } ?? []
    return try await send(method, path, body, fields).answer
  }

  private func send(
    _ method: String, _ path: String, _ body: String?, _ fields: [HTTPField]
  ) async throws -> (answer: Answer, head: String) {
    let type = body == nil ? [] : [HTTPField("Content-Type", "application/json")]
    let call = HTTPCall(
      method: method, url: url + path, fields: HTTPFields(fields + type),
      body: Array((body ?? "").utf8))
    let network = network
    return try await loop.root {
      let answer = try await network.send(call)
      let head = answer.fields.fields.map { "\($0.name): \($0.value)\n" }.joined()
      let bytes = try await answer.body.collect()
      return (Answer(status: answer.status, text: String(decoding: bytes, as: UTF8.self)), head)
    }.value
  }
}
