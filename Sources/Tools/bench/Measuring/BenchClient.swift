internal import Domain
internal import HTTPAdapter
internal import Ports
internal import SystemAdapter

/// Asks a server over HTTP, as a client does.
struct BenchClient: Sendable {
  /// The server refused, or answered what it must not.
  struct Unexpected: Error, CustomStringConvertible {
    var description: String
  }

  private let loop: EventLoop
  private let network: LocalNetwork
  let time: SystemTime
  let url: String
  let token: String

  init(url: String, token: String) throws {
    loop = try EventLoop(name: "bench")
    loop.start()
    time = SystemTime(on: loop)
    network = LocalNetwork(
      on: loop, time: time, pool: BlockingPool(name: "names", threads: 1, waitingMax: 1_024),
      telemetry: StandardErrorTelemetry(level: .error))
    self.url = url
    self.token = token
  }

  /// Runs `body` on the loop of the client, which ends with it.
  func run<Answer: Sendable>(
    _ body: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    let answer = try await loop.root { try await body() }.value
    loop.stop()
    return answer
  }

  // MARK: Definitions

  static func padded(_ number: Int) -> String {
    "t" + String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
  }

  /// A workflow of tasks that do nothing, each with the one that it needs.
  static func definition(_ name: String, _ tasks: [(String, String?)]) -> Value {
    let members = tasks.map { task, need in
      var members: [(String, Value)] = [("call", .string("noop"))]
      if let need { members.append(("needs", .array([.string(need)]))) }
      return (task, Value.object(SortedMap(members)))
    }
    return .object([
      "version": .integer(1), "id": .string(name), "tasks": .object(SortedMap(members)),
    ])
  }

  func apply(_ definition: Value) async throws {
    _ = try await send("POST", "/v1/workflows", definition)
  }

  // MARK: Runs

  func start(_ workflow: String) async throws -> String {
    let run = try await send("POST", "/v1/runs", .object(["workflow": .string(workflow)]))
    guard let id = run.text("id") else { throw Unexpected(description: "a run without an id") }
    return id
  }

  func run(_ id: String) async throws -> Value {
    try await send("GET", "/v1/runs/\(id)", nil)
  }

  @discardableResult
  func waitForEnd(of id: String) async throws -> Value {
    while true {
      let run = try await send("GET", "/v1/runs/\(id)?wait=30s", nil)
      if run.moment("endedAt") != nil { return run }
    }
  }

  /// Waits until the run has succeeded; anything else is an error.
  @discardableResult
  func succeed(_ id: String) async throws -> Value {
    let run = try await waitForEnd(of: id)
    guard run.text("state") == "succeeded" else {
      throw Unexpected(description: "run \(id) is \(run.text("state") ?? "without a state")")
    }
    return run
  }

  /// The last attempt of each task, in the order of the tasks.
  func attempts(of id: String, max limit: Int = .max) async throws -> [Value] {
    var attempts: [Value] = []
    var cursor: String? = ""
    while let place = cursor, attempts.count < limit {
      let query = place.isEmpty ? "" : "&cursor=\(place)"
      let page = try await send("GET", "/v1/runs/\(id)/tasks?limit=200\(query)", nil)
      for task in page.items("items") {
        if let last = task.items("attempts").last { attempts.append(last) }
      }
      cursor = page.text("nextCursor")
    }
    return attempts
  }

  /// Whether history has the end of a run.
  func isArchived(_ id: String) async throws -> Bool {
    let answer = try await open("GET", "/v1/jobs/\(id)", nil)
    let job = try await BenchClient.document(answer)
    return answer.status == 200 && job.moment("endedAt") != nil
  }

  // MARK: Requests

  func send(_ method: String, _ path: String, _ body: Value?) async throws -> Value {
    let answer = try await open(method, path, body)
    let document = try await BenchClient.document(answer)
    guard (200..<300).contains(answer.status) else {
      throw Unexpected(
        description: "\(method) \(path): \(answer.status) \(document.text("detail") ?? "")")
    }
    return document
  }

  /// The answer to a request, whatever it is.
  func open(
    _ method: String, _ path: String, _ body: Value?, accept: String? = nil
  ) async throws -> HTTPAnswer {
    var fields = [HTTPField("Authorization", "Bearer \(token)")]
    if body != nil { fields.append(HTTPField("Content-Type", "application/json")) }
    if let accept { fields.append(HTTPField("Accept", accept)) }
    return try await network.send(
      HTTPCall(
        method: method, url: url + path, fields: HTTPFields(fields),
        body: body.map { Array($0.json.utf8) } ?? [], timeout: .seconds(120)))
  }

  private static func document(_ answer: HTTPAnswer) async throws -> Value {
    var bytes: [UInt8] = []
    while let piece = try await answer.body.next() { bytes += piece }
    return try Value(json: bytes, limits: .normalForm)
  }
}

extension Value {
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  func text(_ name: String) -> String? {
    if case .string(let text)? = self[name] { text } else { nil }
  }

  func items(_ name: String) -> [Value] {
    if case .array(let items)? = self[name] { items } else { [] }
  }

  func moment(_ name: String) -> Moment? {
    text(name).flatMap { Moment(text: $0) }
  }

  func length(_ start: String, _ end: String) -> Duration? {
    guard let start = moment(start), let end = moment(end) else { return nil }
    return end - start
  }
}
