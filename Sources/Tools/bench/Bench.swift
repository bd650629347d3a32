internal import Composition
internal import Domain
internal import Glibc

/// The workloads and how they are run.
enum Bench {
  static let workloads = ["W0", "W1-1000", "W1-10000", "W2", "W3-500", "W4"]

  static func run(_ names: [String]) async -> Int32 {
    let unknown = names.filter { !workloads.contains($0) }
    guard unknown.isEmpty else {
      let known = workloads.joined(separator: ", ")
      say("bench: unknown \(unknown.joined(separator: ", ")); known are \(known)")
      return 2
    }
    do {
      for name in names.isEmpty ? workloads : names { try await run(name) }
      return 0
    } catch {
      say("bench: \(error)")
      return 1
    }
  }

  private static func run(_ name: String) async throws {
    switch name {
    case "W0":
      Measurement.print(CoreBench.run(tasks: 1_000, name: "W0-core-1000"))
      Measurement.print(CoreBench.run(tasks: 10_000, name: "W0-core-10000"))
    case "W1-1000": try await withServer { try await $0.fan(tasks: 1_000, name: name) }
    case "W1-10000": try await withServer { try await $0.fan(tasks: 10_000, name: name) }
    case "W2": try await withServer { try await $0.chain(length: 50, runs: 10, name: name) }
    case "W3-500": try await withServer { try await $0.many(runs: 500, name: name) }
    default: try await withServer { try await $0.submit(runs: 100, name: name) }
    }
  }

  /// Each workload has a server of its own, in memory, so that none inherits another's history.
  private static func withServer(
    _ body: @escaping @Sendable (ServerBench) async throws -> Measurement
  ) async throws {
    var configuration = DevConfiguration()
    configuration.port = 0
    configuration.slots = 64
    let server = try await DevServer.start(configuration)
    let bench = try ServerBench(url: server.url, token: server.token)
    Measurement.print(try await bench.run(body))
    await server.stop()
  }

  static func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}
