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

  /// - Parameter isKept: false for an answer that gives out a credential to whom it belongs.
  @discardableResult
  func call(
    _ method: String, _ path: String, _ body: String? = nil, token: String? = nil,
    fields: [HTTPField] = [], isKept: Bool = true
  ) async throws -> Answer {
    var all = fields
    if let token { all.append(HTTPField("Authorization", "Bearer \(token)")) }
    if body != nil { all.append(HTTPField("Content-Type", "application/json")) }
    let call = HTTPCall(
      method: method, url: url + path, fields: HTTPFields(all), body: Array((body ?? "").utf8))
    let network = network
    let answer = try await loop.root {
      let answer = try await network.send(call)
      let head = answer.fields.fields.map { "\($0.name): \($0.value)\n" }.joined()
      let bytes = try await answer.body.collect()
      return (Answer(status: answer.status, text: String(decoding: bytes, as: UTF8.self)), head)
    }.value
    if isKept {
      answers.withLock {
        $0.append(("\(method) \(path)", answer.0))
        $0.append(("head of \(method) \(path)", Answer(status: answer.0.status, text: answer.1)))
      }
    }
    return answer.0
  }
}
