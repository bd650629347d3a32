internal import Domain
internal import Ports
internal import SimulationFakes
internal import SimulationKit
internal import SimulationOracles
internal import Synchronization

/// Somebody who uses the platform over HTTP: signs in, repeats what got lost, and tells the judge
/// what it asked and what it learned.
final class Client: Sendable {
  let name: String
  /// Whether it has the right to what it asks for.
  let isAllowed: Bool
  let platform: Platform
  let watch: Watch
  let numbers: CallNumbers
  private let tokens: Mutex<String?>
  private let signsIn: Bool

  init(
    _ name: String, _ platform: Platform, _ watch: Watch, _ numbers: CallNumbers,
    isAllowed: Bool = true
  ) {
    self.name = name
    self.isAllowed = isAllowed
    self.platform = platform
    self.watch = watch
    self.numbers = numbers
    tokens = Mutex(nil)
    signsIn = true
  }

  /// Somebody who has a token that is void, and nothing else.
  init(holding token: String, of other: Client) {
    name = "\(other.name)'s token"
    isAllowed = false
    platform = other.platform
    watch = other.watch
    numbers = other.numbers
    tokens = Mutex(token)
    signsIn = false
  }

  private var world: SimulatedWorld { platform.world }

  /// What to send, and to which service.
  struct Request: Sendable {
    var role: Role
    var method: String
    var path: String
    var body: Value?
    /// Sent in place of a document.
    var content: [UInt8]?
    var key: String?
    /// Whether the answer's body is content, to be told by its hash.
    var wantsContent = false

    init(_ role: Role, _ method: String, _ path: String, _ body: Value? = nil, key: String? = nil) {
      self.role = role
      self.method = method
      self.path = path
      self.body = body
      self.key = key
    }
  }

  /// Sends a request once. With 401 it signs in and sends it again.
  func send(
    _ request: Request, _ intent: ClientCall.Intent, as call: ClientCall? = nil
  ) async -> ClientAnswer {
    let call = call ?? self.call(request, intent)
    watch.see(.asked(call))
    var answer = await exchange(request, token: tokens.withLock { $0 })
    if case .answered(401, _, _) = answer, signsIn, await signIn() {
      answer = await exchange(request, token: tokens.withLock { $0 })
    }
    watch.see(.answered(call, answer))
    return answer
  }

  /// Sends a request until it is known what became of it: for requests that may be repeated.
  ///
  /// - Returns: nil when `tries` were not enough.
  func insist(
    _ request: Request, _ intent: ClientCall.Intent, tries: Int = 40
  ) async -> (status: Int, body: Value)? {
    let call = call(request, intent)
    for attempt in 0..<tries {
      let answer = await send(request, intent, as: call)
      if case .answered(let status, let body, _) = answer, status != 503, status != 429,
        status != 401
      {
        return (status, body)
      }
      await rest(.milliseconds(250) * min(attempt + 1, 20))
    }
    return nil
  }

  private func call(_ request: Request, _ intent: ClientCall.Intent) -> ClientCall {
    var call = ClientCall(
      number: numbers.next(), client: name, intent: intent, method: request.method,
      path: request.path, idempotencyKey: request.key)
    call.isAllowed = isAllowed
    return call
  }

  func rest(_ length: Duration) async {
    try? await world.here.time.sleep(for: length)
  }

  // MARK: Files

  /// Keeps a file of a run.
  ///
  /// - Returns: the id of its artifact, once it was taken.
  func upload(_ path: String, _ content: [UInt8]) async -> String? {
    var request = Request(.artifact, "PUT", path)
    request.content = content
    let answer = await send(request, .upload(path: path, content: Client.hash(content)))
    guard case .answered(200..<300, let body, _) = answer else { return nil }
    return body.text("id")
  }

  /// Gets the content of what was kept under a path.
  func download(_ artifact: String, of path: String) async {
    var request = Request(.artifact, "GET", "/v1/artifacts/\(artifact)/content")
    request.wantsContent = true
    _ = await send(request, .download(path: path))
  }

  /// Takes away what was kept under a path.
  func remove(_ artifact: String, of path: String) async {
    _ = await send(
      Request(.artifact, "DELETE", "/v1/artifacts/\(artifact)"), .remove(path: path))
  }

  private static func hash(_ content: [UInt8]) -> String {
    var hash = StableHash()
    hash.combine(content)
    return String(hash.value, radix: 16)
  }

  // MARK: Signing in

  static let password = "seven rivers run east"

  private func signIn() async -> Bool {
    let body = Value.object(["name": .string(name), "password": .string(Client.password)])
    let answer = await exchange(Request(.iam, "POST", "/v1/auth/login", body), token: nil)
    guard case .answered(200, .object(let members), _) = answer,
      case .string(let token)? = members["accessToken"]
    else { return false }
    tokens.withLock { $0 = token }
    return true
  }

  /// Signs out.
  ///
  /// - Returns: the token that is void from now on; nil when nobody knows.
  func signOut() async -> String? {
    guard let token = tokens.withLock({ $0 }) else { return nil }
    let answer = await exchange(Request(.iam, "POST", "/v1/auth/logout"), token: token)
    guard case .answered(200..<300, _, _) = answer else { return nil }
    tokens.withLock { $0 = nil }
    return token
  }

  // MARK: Travelling

  private func exchange(_ request: Request, token: String?) async -> ClientAnswer {
    guard let address = request.role.address else { return .unknown }
    var fields: [HTTPField] = []
    if request.body != nil { fields.append(HTTPField("Content-Type", "application/json")) }
    if let content = request.content {
      fields.append(HTTPField("Content-Type", "application/octet-stream"))
      fields.append(HTTPField("Content-Length", "\(content.count)"))
    }
    if let token { fields.append(HTTPField("Authorization", "Bearer \(token)")) }
    if let key = request.key { fields.append(HTTPField("Idempotency-Key", key)) }
    do throws(HTTPError) {
      let answer = try await platform.network.send(
        HTTPCall(
          method: request.method, url: "http://\(address)\(request.path)",
          fields: HTTPFields(fields),
          body: request.content ?? request.body.map { Array($0.json.utf8) } ?? [],
          timeout: .seconds(10)))
      let bytes = try await answer.body.collect()
      if request.wantsContent, answer.status == 200 {
        return .answered(status: 200, body: .string(Client.hash(bytes)), requestID: "")
      }
      return .answered(
        status: answer.status, body: (try? Value(json: bytes)) ?? .null,
        requestID: answer.fields["x-request-id"] ?? "")
    } catch {
      if case .unreachable = error {
        return .answered(status: 503, body: .null, requestID: "")
      }
      return .unknown
    }
  }
}

/// Numbers of calls, one after the other in a world.
final class CallNumbers: Sendable {
  private let last = Mutex(0)

  func next() -> Int {
    last.withLock { last in
      last += 1
      return last
    }
  }
}

extension Value {
  /// A member of an object that is text.
  func text(_ name: String) -> String? {
    guard case .object(let members) = self, case .string(let text)? = members[name] else {
      return nil
    }
    return text
  }
}
