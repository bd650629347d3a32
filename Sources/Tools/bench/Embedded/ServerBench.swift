internal import Domain
internal import SystemAdapter

/// Drives a server in this process over HTTP as a client does, and takes the times from what it
/// says of its tasks.
struct ServerBench: Sendable {
  let client: BenchClient

  // MARK: Workloads

  /// One run of tasks that need nothing; the latency is from ready to ended.
  func fan(tasks count: Int, name: String) async throws -> Measurement {
    try await client.apply(BenchClient.definition("fan", (0..<count).map { ("t\($0)", nil) }))
    var measurements: [Measurement] = []
    for _ in 0..<Workload.rounds(tasks: count) {
      var id = ""
      var measurement = try await Measurement.of(name, tasks: count) {
        id = try await client.start("fan")
        try await client.waitForEnd(of: id)
        return []
      }
      measurement.latencies = try await client.attempts(of: id).compactMap {
        $0.length("queuedAt", "endedAt")
      }
      measurements.append(measurement)
    }
    guard let median = Measurement.median(of: measurements) else {
      throw BenchClient.Unexpected(description: "nothing was measured")
    }
    return median
  }

  /// Tasks one after the other; the latency is a hop: from the end of one to the start of the next.
  func chain(length: Int, runs: Int, name: String) async throws -> Measurement {
    let tasks = (0..<length).map { number in
      (BenchClient.padded(number), number == 0 ? nil : BenchClient.padded(number - 1))
    }
    try await client.apply(BenchClient.definition("chain", tasks))
    return try await Measurement.of(name, tasks: length * runs) {
      var hops: [Duration] = []
      for _ in 0..<runs {
        let id = try await client.start("chain")
        try await client.waitForEnd(of: id)
        let attempts = try await client.attempts(of: id)
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
    try await client.apply(BenchClient.definition("one", [("only", nil)]))
    return try await Measurement.of(name, tasks: runs) {
      var ids: [String] = []
      for _ in 0..<runs { ids.append(try await client.start("one")) }
      var latencies: [Duration] = []
      for id in ids {
        let run = try await client.waitForEnd(of: id)
        if let length = run.length("createdAt", "endedAt") { latencies.append(length) }
      }
      return latencies
    }
  }

  /// One run after the other; the latency is from the request to the start of its task.
  func submit(runs: Int, name: String) async throws -> Measurement {
    try await client.apply(BenchClient.definition("one", [("only", nil)]))
    return try await Measurement.of(name, tasks: runs) {
      var latencies: [Duration] = []
      for _ in 0..<runs {
        let sent = client.time.now()
        let id = try await client.start("one")
        try await client.waitForEnd(of: id)
        for attempt in try await client.attempts(of: id) {
          if let started = attempt.moment("startedAt") { latencies.append(started - sent) }
        }
      }
      return latencies
    }
  }
}
