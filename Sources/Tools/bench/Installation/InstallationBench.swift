internal import Domain
internal import Ports
internal import SystemAdapter

/// Drives an installation over HTTP as clients do, and takes the times from what it says of its
/// runs and tasks.
///
/// Every run must succeed: what is fast and wrong counts for nothing.
struct InstallationBench: Sendable {
  /// What a workload took; its latencies are read afterwards, so that reading them costs it
  /// nothing.
  struct Outcome: Sendable {
    var tasks: Int
    var length: Duration
    var runs: [String]
    var latencies: [Duration] = []
  }

  /// Connections that starts come by where many runs are started.
  static let connections = 16
  /// How long the archive may take to hear of everything.
  static let archiveWithin = Duration.seconds(60)

  let client: BenchClient

  func run(_ workload: InstallationWorkload) async throws -> Outcome {
    switch workload {
    case .fan(let tasks): try await fan(tasks: tasks)
    case .chain: try await chain()
    case .lines(let runs): try await lines(runs: runs)
    case .submit: try await submit()
    }
  }

  /// Lets every part do its work once, so that what is measured is not the first of its kind.
  func warmUp() async throws {
    try await client.apply(InstallationBench.fanDefinition("warm", tasks: 200))
    for _ in 0..<3 { try await client.succeed(try await client.start("warm")) }
  }

  // MARK: Workloads

  private func fan(tasks: Int) async throws -> Outcome {
    try await client.apply(InstallationBench.fanDefinition("fan", tasks: tasks))
    let sent = client.time.now()
    let id = try await client.start("fan")
    let run = try await client.succeed(id)
    return Outcome(
      tasks: tasks + 2, length: try ended(run) - sent, runs: [id])
  }

  private func chain() async throws -> Outcome {
    let length = InstallationWorkload.chainLength
    let tasks = (0..<length).map { number in
      (BenchClient.padded(number), number == 0 ? nil : BenchClient.padded(number - 1))
    }
    try await client.apply(BenchClient.definition("chain", tasks))
    let sent = client.time.now()
    var runs: [String] = []
    for _ in 0..<InstallationWorkload.chains {
      let id = try await client.start("chain")
      try await client.succeed(id)
      runs.append(id)
    }
    return Outcome(
      tasks: length * runs.count, length: client.time.now() - sent, runs: runs)
  }

  private func lines(runs count: Int) async throws -> Outcome {
    try await client.apply(BenchClient.definition("line", [("a", nil), ("b", "a"), ("c", "b")]))
    let sent = client.time.now()
    try start("line", times: count)
    let (last, ids) = try await lastEnd("line", count)
    return Outcome(tasks: 3 * count, length: last - sent, runs: ids)
  }

  /// Starts runs by a program that is made for load: it keeps its connections, as clients do, and
  /// takes little of the machine.
  private func start(_ workflow: String, times count: Int) throws {
    let folder = try Folder(in: "/tmp")
    defer { folder.remove() }
    let body = folder.path + "/body.json"
    try TextFile.write("{\"workflow\": \"\(workflow)\"}", to: body)
    let told = try ChildProcess.output(of: [
      "h2load", "--h1", "-t", "1", "-n", "\(count)", "-c", "\(InstallationBench.connections)",
      "-d", body, "-H", "Authorization: Bearer \(client.token)", "-H",
      "Content-Type: application/json", client.url + "/v1/runs",
    ])
    guard told.contains("status codes: \(count) 2xx, 0 3xx, 0 4xx, 0 5xx") else {
      throw BenchClient.Unexpected(description: "not every run was taken: \(told)")
    }
  }

  /// Waits until all runs of a workflow have succeeded, and answers when the last one did.
  private func lastEnd(
    _ workflow: String, _ count: Int
  ) async throws -> (at: Moment, runs: [String]) {
    let open = "/v1/jobs?workflow=\(workflow)&limit=1&filter=state%20IN%20(queued%2C%20running)"
    while true {
      try await client.time.sleep(for: .milliseconds(50))
      guard try await client.send("GET", open, nil).items("items").isEmpty else { continue }
      var runs: [String] = []
      var last = Moment(microseconds: 0)
      var cursor: String? = ""
      while let place = cursor {
        let query = place.isEmpty ? "" : "&cursor=\(place)"
        let page = try await client.send(
          "GET", "/v1/jobs?workflow=\(workflow)&limit=200\(query)", nil)
        for job in page.items("items") {
          guard job.text("state") == "succeeded" else {
            throw BenchClient.Unexpected(description: "a run is \(job.text("state") ?? "?")")
          }
          if let id = job.text("run") ?? job.text("id") { runs.append(id) }
          last = max(last, try ended(job))
        }
        cursor = page.text("nextCursor")
      }
      if runs.count == count { return (last, runs) }
    }
  }

  private func submit() async throws -> Outcome {
    try await client.apply(BenchClient.definition("one", [("only", nil)]))
    let began = client.time.now()
    var outcome = Outcome(tasks: InstallationWorkload.submissions, length: .zero, runs: [])
    for _ in 0..<InstallationWorkload.submissions {
      let sent = client.time.now()
      let id = try await client.start("one")
      try await client.succeed(id)
      guard let started = try await client.attempts(of: id).first?.moment("startedAt") else {
        throw BenchClient.Unexpected(description: "run \(id) has no attempt")
      }
      outcome.latencies.append(started - sent)
      outcome.runs.append(id)
      // Everything that followed is over, so that the next one finds an idle system.
      try await client.time.sleep(for: .milliseconds(100))
    }
    outcome.length = client.time.now() - began
    return outcome
  }

  // MARK: Afterwards

  /// Waits until the archive has all of the runs, and answers how long that took.
  func archiveLag(of outcome: Outcome) async throws -> Duration {
    let start = client.time.uptime()
    for id in outcome.runs {
      while try await client.isArchived(id) == false {
        guard client.time.uptime() - start < InstallationBench.archiveWithin else {
          throw BenchClient.Unexpected(description: "the archive does not have run \(id)")
        }
        try await client.time.sleep(for: .milliseconds(20))
      }
    }
    return client.time.uptime() - start
  }

  /// What the workload is about, of at most 2,000 of its tasks.
  func latencies(_ workload: InstallationWorkload, _ outcome: Outcome) async throws -> [Duration] {
    switch workload {
    case .submit:
      return outcome.latencies
    case .fan:
      guard let id = outcome.runs.first else { return [] }
      // From the offer to the end of an attempt.
      return try await client.attempts(of: id, max: 2_000).compactMap {
        $0.length("queuedAt", "endedAt")
      }
    case .chain:
      var hops: [Duration] = []
      for id in outcome.runs {
        let attempts = try await client.attempts(of: id)
        for (one, next) in zip(attempts, attempts.dropFirst()) {
          if let end = one.moment("endedAt"), let start = next.moment("startedAt") {
            hops.append(start - end)
          }
        }
      }
      return hops
    case .lines:
      var lengths: [Duration] = []
      for id in outcome.runs.prefix(500) {
        if let length = try await client.run(id).length("createdAt", "endedAt") {
          lengths.append(length)
        }
      }
      return lengths
    }
  }

  private func ended(_ run: Value) throws -> Moment {
    guard let ended = run.moment("endedAt") else {
      throw BenchClient.Unexpected(description: "a run that has ended does not say when")
    }
    return ended
  }

  private static func fanDefinition(_ name: String, tasks: Int) -> Value {
    let call = ("call", Value.string("noop"))
    return .object([
      "version": .integer(1), "id": .string(name),
      "tasks": .object([
        "first": .object(SortedMap([call])),
        "each": .object(
          SortedMap([
            call, ("needs", .array([.string("first")])),
            ("forEach", .string("${{ range(\(tasks)) }}")),
          ])),
        "last": .object(SortedMap([call, ("needs", .array([.string("each")]))])),
      ]),
    ])
  }
}
