internal import Domain
internal import HTTPAdapter
internal import Ports
internal import SystemAdapter

/// Drives a server over HTTP as a client does, and takes the times from what it says of its tasks.
struct ServerBench: Sendable {
  struct Refused: Error { var status: Int }

  private let loop: EventLoop
  let network: LocalNetwork
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

  func run(
    _ body: @escaping @Sendable (ServerBench) async throws -> Measurement
  ) async throws -> Measurement {
    let answer = try await loop.root { try await body(self) }.value
    loop.stop()
    return answer
  }

  // MARK: Workloads

  /// One run of tasks that need nothing; the latency is from ready to ended.
  func fan(tasks count: Int, name: String) async throws -> Measurement {
    try await apply(ServerBench.definition("fan", (0..<count).map { ("t\($0)", nil) }))
    var measurements: [Measurement] = []
    for _ in 0..<Workload.rounds(tasks: count) {
      var id = ""
      var measurement = try await Measurement.of(name, tasks: count) {
        id = try await start("fan")
        try await waitForEnd(of: id)
        return []
      }
      measurement.latencies = try await tasks(of: id).compactMap {
        $0.length("queuedAt", "endedAt")
      }
      measurements.append(measurement)
    }
    guard let median = Measurement.median(of: measurements) else { throw Refused(status: 0) }
    return median
  }

  /// Tasks one after the other; the latency is a hop: from the end of one to the start of the next.
  func chain(length: Int, runs: Int, name: String) async throws -> Measurement {
    let tasks = (0..<length).map { number in
      (ServerBench.padded(number), number == 0 ? nil : ServerBench.padded(number - 1))
    }
    try await apply(ServerBench.definition("chain", tasks))
    return try await Measurement.of(name, tasks: length * runs) {
      var hops: [Duration] = []
      for _ in 0..<runs {
        let id = try await start("chain")
        try await waitForEnd(of: id)
        let attempts = try await self.tasks(of: id)
        for (one, next) in zip(attempts, attempts.dropFirst()) {
          if let end = one.moment("endedAt"), let start = next.moment("startedAt") {
            hops.append(start - end)
          }
        }
      }
      return hops
    }
  }

  /// Many runs of one task at once; the latency is from creation to the end of the run.
  func many(runs: Int, name: String) async throws -> Measurement {
    try await apply(ServerBench.definition("one", [("only", nil)]))
    return try await Measurement.of(name, tasks: runs) {
      var ids: [String] = []
      for _ in 0..<runs { ids.append(try await start("one")) }
      var latencies: [Duration] = []
      for id in ids {
        let run = try await waitForEnd(of: id)
        if let length = run.length("createdAt", "endedAt") { latencies.append(length) }
      }
      return latencies
    }
  }

  /// One run after the other; the latency is from the request to the start of its task.
  func submit(runs: Int, name: String) async throws -> Measurement {
    try await apply(ServerBench.definition("one", [("only", nil)]))
    return try await Measurement.of(name, tasks: runs) {
      var latencies: [Duration] = []
      for _ in 0..<runs {
        let sent = time.now()
        let id = try await start("one")
        try await waitForEnd(of: id)
        for attempt in try await tasks(of: id) {
          if let started = attempt.moment("startedAt") { latencies.append(started - sent) }
        }
      }
      return latencies
    }
  }

  // MARK: Requests

  static func padded(_ number: Int) -> String {
    "t" + String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
  }

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

  func start(_ workflow: String) async throws -> String {
    let run = try await send("POST", "/v1/runs", .object(["workflow": .string(workflow)]))
    guard let id = run.text("id") else { throw Refused(status: 0) }
    return id
  }

  @discardableResult
  func waitForEnd(of id: String) async throws -> Value {
    while true {
      let run = try await send("GET", "/v1/runs/\(id)?wait=30s", nil)
      if run.moment("endedAt") != nil { return run }
    }
  }

  /// The last attempt of each task, in the order of the tasks.
  private func tasks(of id: String) async throws -> [Value] {
    var attempts: [Value] = []
    var cursor: String? = ""
    while let place = cursor {
      let query = place.isEmpty ? "" : "&cursor=\(place)"
      let page = try await send("GET", "/v1/runs/\(id)/tasks?limit=200\(query)", nil)
      for task in page.items("items") {
        if let last = task.items("attempts").last { attempts.append(last) }
      }
      cursor = page.text("nextCursor")
    }
    return attempts
  }

  func send(_ method: String, _ path: String, _ body: Value?) async throws -> Value {
    var fields = [HTTPField("Authorization", "Bearer \(token)")]
    if body != nil { fields.append(HTTPField("Content-Type", "application/json")) }
    let answer = try await network.send(
      HTTPCall(
        method: method, url: url + path, fields: HTTPFields(fields),
        body: body.map { Array($0.json.utf8) } ?? [], timeout: .seconds(120)))
    var bytes: [UInt8] = []
    while let piece = try await answer.body.next() { bytes += piece }
    guard (200..<300).contains(answer.status) else { throw Refused(status: answer.status) }
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
