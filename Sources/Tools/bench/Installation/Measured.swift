internal import Domain
internal import SystemAdapter

/// What is told on standard output about a workload that was driven from here.
///
/// First the line `measured`, when everything is over that counts; whoever looks at the processes
/// of the installation does so then, and answers with a line of its own. Then what was measured.
enum Measured {
  static func run(_ name: String, url: String, token: String) async -> Int32 {
    do {
      let bench = InstallationBench(client: try BenchClient(url: url, token: token))
      let line = try await bench.client.run { try await measure(name, bench) }
      Output.line(line)
      return 0
    } catch {
      Output.say("bench: \(name): \(error)")
      return 1
    }
  }

  private static func measure(_ name: String, _ bench: InstallationBench) async throws -> String {
    guard let workload = InstallationWorkload.named(name) else {
      try await bench.warmUp()
      return "{}"
    }
    let cpu = Measurement.cpuTime()
    var outcome = try await bench.run(workload)
    let lag = try await bench.archiveLag(of: outcome)
    let spent = Measurement.cpuTime() - cpu
    Output.line("measured")
    _ = readLine()
    outcome.latencies = try await bench.latencies(workload, outcome)
    return Value.object([
      "workload": .string(name), "tasks": .integer(Int64(outcome.tasks)),
      "seconds": .decimal(Decimal(scaled: outcome.length.wholeMicroseconds * millionth)),
      "p50_ms": Measurement.quantile(50, of: outcome.latencies),
      "p99_ms": Measurement.quantile(99, of: outcome.latencies),
      "load_cpu_s": .decimal(Decimal(scaled: spent.wholeMicroseconds * millionth)),
      "archive_lag_s": .decimal(Decimal(scaled: lag.wholeMicroseconds * millionth)),
    ]).json
  }

  private static let millionth = Decimal.scale / 1_000_000
}
