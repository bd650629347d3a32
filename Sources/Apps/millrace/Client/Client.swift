internal import Domain
internal import HTTPAdapter
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// Talks to a Millrace server over HTTP.
struct Client: Sendable {
  let network: LocalNetwork
  let time: any Time
  let url: String
  private(set) var token: String?
  /// Gives a new token for one that the server does not take any more; nil when there is no way.
  private(set) var renew: (@Sendable (_ old: String) async throws -> String)?

  static let answerBytesMax = 64 << 20
  /// Until the head of an answer, and between the pieces of its body: longer than any `?wait=`.
  static let answerWithin: Duration = .seconds(90)

  /// The server that the call names: options first, then the environment, then what `dev` wrote,
  /// then that of the last sign-in.
  init(_ call: Call, on runtime: Runtime) throws {
    let environment = call.environment
    let given = call.value("url") ?? environment["MILLRACE_URL"]
    guard
      let url = try given ?? ServerFile.read(environment)?.url
        ?? SignInFile(environment).servers().first
    else {
      throw Failure(
        .unreachable, "no server is known",
        hint: "start one with `millrace dev`, or pass --url or MILLRACE_URL")
    }
    guard ["http://", "https://"].contains(where: { url.hasPrefix($0) && url.count > $0.count })
    else {
      throw Failure.usage(
        "'\(url)' is no address of a server",
        hint: "it is written http://HOST:PORT or https://HOST:PORT")
    }
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    network = runtime.network
    time = runtime.time
    token = try Client.token(call, for: url)
  }

  /// Whether the call says itself whose it is: no sign-in is used then.
  static func hasOwnToken(_ call: Call) -> Bool {
    call.value("token-file") != nil || call.environment["MILLRACE_TOKEN"] != nil
  }

  private static func token(_ call: Call, for url: String) throws -> String? {
    if let file = call.value("token-file") { return try TokenFile.read(file) }
    if let token = call.environment["MILLRACE_TOKEN"] { return token }
    // A token belongs to the server that it was made for.
    let known = try ServerFile.read(call.environment)
    return known?.url == url ? known?.token : nil
  }

  /// The same server with the token that is good now: `dev` makes a new one at every start, and
  /// that of a sign-in ends after a while.
  func renewed(_ call: Call) async -> Client {
    var client = self
    if let token = try? Client.token(call, for: url) { client.token = token }
    return (try? await client.signedIn(call)) ?? client
  }

  init(
    network: LocalNetwork, time: any Time, url: String, token: String?,
    renew: (@Sendable (_ old: String) async throws -> String)? = nil
  ) {
    self.network = network
    self.time = time
    self.url = url
    self.token = token
    self.renew = renew
  }

  // MARK: Requests

  func get(_ path: String, query: [(String, String?)] = []) async throws -> Value {
    try await json(await send("GET", path, query: query))
  }

  func post(
    _ path: String, query: [(String, String?)] = [], _ body: Value, fields: [HTTPField] = []
  ) async throws -> Value {
    let answer = try await send(
      "POST", path, query: query,
      fields: [HTTPField("Content-Type", "application/json")] + fields,
      body: Array(body.json.utf8))
    return try await json(answer)
  }

  func put(_ path: String, _ body: Value) async throws -> Value {
    let answer = try await send(
      "PUT", path, fields: [HTTPField("Content-Type", "application/json")],
      body: Array(body.json.utf8))
    return try await json(answer)
  }

  func send(
    _ method: String, _ path: String, query: [(String, String?)] = [],
    fields: [HTTPField] = [], body: [UInt8] = []
  ) async throws -> HTTPAnswer {
    let parameters = query.compactMap { name, value in
      value.map { "\(Client.encoded(name))=\(Client.encoded($0))" }
    }
    let target = url + path + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
    let call = HTTPCall(
      method: method, url: target, fields: HTTPFields(fields), body: body,
      timeout: Client.answerWithin)
    var answer = try await exchange(call, token)
    // Roles have changed, or what was taken back has ended the token before its time.
    if answer.status == 401, let token, let renew {
      answer = try await exchange(call, try await renew(token))
    }
    guard (200..<300).contains(answer.status) else {
      let text = String(decoding: try await self.body(of: answer), as: UTF8.self)
      throw Failure(problem: try? Value(json: text), status: answer.status)
    }
    return answer
  }

  private func exchange(_ call: HTTPCall, _ token: String?) async throws -> HTTPAnswer {
    var call = call
    if let token {
      call.fields = HTTPFields(
        call.fields.fields + [HTTPField("Authorization", "Bearer \(token)")])
    }
    do throws(HTTPError) {
      return try await network.send(call)
    } catch {
      throw unreachable(error)
    }
  }

  /// A stream of events. Each has a limit, and so has the time between two of them; all together
  /// may be as long as they like, since nothing keeps them.
  func events(
    _ path: String, query: [(String, String?)] = [], fields: [HTTPField] = []
  ) async throws -> EventReader {
    let answer = try await send(
      "GET", path, query: query, fields: [HTTPField("Accept", "text/event-stream")] + fields)
    await answer.body.allow(upTo: .max)
    return EventReader(answer.body)
  }

  func json(_ answer: HTTPAnswer) async throws -> Value {
    let bytes = try await body(of: answer)
    if bytes.isEmpty { return .null }
    guard let value = try? Value(json: String(decoding: bytes, as: UTF8.self), limits: .answers)
    else {
      throw Failure(
        .unreachable, "\(url) gave an answer that is not JSON",
        hint: "is this a Millrace server?")
    }
    return value
  }

  func body(of answer: HTTPAnswer) async throws -> [UInt8] {
    await answer.body.allow(upTo: Client.answerBytesMax)
    var bytes: [UInt8] = []
    do throws(HTTPError) {
      while let piece = try await answer.body.next() {
        bytes += piece
        guard bytes.count <= Client.answerBytesMax else { throw HTTPError.tooLarge }
      }
    } catch {
      throw unreachable(error)
    }
    return bytes
  }

  func unreachable(_ error: HTTPError) -> Failure {
    let why =
      switch error {
      case .unreachable(let why), .malformed(let why): why
      case .disconnected: "the connection ended"
      case .timedOut: "no answer in time"
      case .tooLarge: "the answer is too large"
      }
    return Failure(
      .unreachable, "\(url) cannot be reached: \(why)",
      hint: "is the server running? start one with `millrace dev`")
  }

  /// Percent-encoding of RFC 3986 for one part of a target.
  static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }
}

extension JSONLimits {
  /// For what our own server answers.
  static let answers = JSONLimits(
    depthMax: 128, membersMax: 200_000, stringBytesMax: 16 << 20)
}

extension Failure {
  /// From a problem document (RFC 9457), or from a status alone.
  init(problem: Value?, status: Int) {
    let code: ExitCode =
      switch status {
      case 401, 403: .notAllowed
      case 404: .notFound
      case 409, 412, 428: .conflict
      case 400, 413, 415, 422: .invalid
      case 502, 503, 504: .unreachable
      default: .failed
      }
    let what = problem?["detail"]?.string ?? "the server answered \(status)"
    var hint =
      switch code {
      case .notAllowed: Failure.wayIn(status)
      case .unreachable: "try again in a moment"
      case .notFound: Failure.wayToFind(what)
      default: ""
      }
    var details: [String] = []
    let items = problem?["errors"]?.items ?? []
    if items.count == 1, items[0]["line"] == nil {
      // The headline says it already: what is left is the way out.
      hint = items[0]["hint"]?.string ?? hint
    } else {
      details = items.map(Failure.line)
    }
    self.init(
      code, what, hint: hint, requestID: problem?["requestId"]?.string, details: details)
  }

  private static func line(_ item: Value) -> String {
    let place = item["line"]?.number.map { "\($0):\(item["column"]?.number ?? 1): " } ?? ""
    let hint = item["hint"]?.string.map { " (\($0))" } ?? ""
    return "\(place)\(item["code"]?.string ?? ""): \(item["detail"]?.string ?? "")\(hint)"
  }

  private static func wayIn(_ status: Int) -> String {
    status == 401
      ? "sign in with `millrace auth login NAME`, or set MILLRACE_TOKEN"
      : "`millrace auth whoami` shows what you may do; an administrator gives roles"
  }

  private static func wayToFind(_ what: String) -> String {
    if what.hasPrefix("version ") { return "`millrace workflow versions` shows them" }
    if what.hasPrefix("workflow ") { return "`millrace workflow list` shows what there is" }
    if what.contains(" has no task ") { return "`millrace run get` shows the tasks of a run" }
    if what.hasPrefix("run ") { return "`millrace run list` shows what there is" }
    if what.hasPrefix("namespace ") { return "`millrace namespace list` shows those that you see" }
    return ""
  }
}
