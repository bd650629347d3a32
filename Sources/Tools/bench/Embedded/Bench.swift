internal import Composition
internal import Domain

/// What one process with everything in it does: which workloads run, each in a process of its own,
/// so that none inherits the memory or the files of another.
struct Bench: Sendable {
  struct Failed: Error, CustomStringConvertible {
    var description: String
  }

  /// For files of stores; on a disk, so that fsync means something.
  var directory: String

  /// Runs them one after the other, prints their lines, and judges the limits.
  func run(_ workloads: [Workload]) -> Int32 {
    do {
      var measured: [(workload: Workload, figures: Figures)] = []
      for workload in workloads { measured.append((workload, try figures(of: workload))) }
      var broken = BenchLimits.broken(measured)
      for _ in 0..<BenchLimits.repeatsMax {
        let pairs = broken.flatMap(\.pair)
        guard !pairs.isEmpty else { break }
        for place in measured.indices where pairs.contains(measured[place].workload) {
          measured[place].figures = try figures(of: measured[place].workload)
        }
        broken = BenchLimits.broken(measured)
      }
      for limit in broken { Output.say("bench: limit broken: \(limit.sentence)") }
      return broken.isEmpty ? 0 : 1
    } catch {
      Output.say("bench: \(error)")
      return 1
    }
  }

  /// Measures one in a process of its own, and prints its line.
  private func figures(of workload: Workload) throws -> Figures {
    Output.say("bench: \(workload.name)")
    do {
      let line = try ChildProcess.output(
        of: ["/proc/self/exe", "embedded", "--data", directory, "--one", workload.name])
      Output.line(line)
      return try Figures(line: line)
    } catch {
      throw Failed(description: "\(workload.name): \(error)")
    }
  }

  /// Measures one workload in this process.
  func measure(_ workload: Workload) async -> Int32 {
    do {
      var folder: Folder?
      if workload.isInFile { folder = try Folder(in: directory) }
      defer { folder?.remove() }
      Output.line(try await measurement(of: workload, folder?.path).line)
      return 0
    } catch {
      Output.say("bench: \(error)")
      return 1
    }
  }

  private func measurement(
    of workload: Workload, _ folder: String?
  ) async throws -> Measurement {
    let name = workload.name
    switch workload {
    case .core(let tasks):
      return CoreBench.run(tasks: tasks, name: name)
    case .store(let tasks):
      return try await StoreBench.run(tasks: tasks, name: name, folder: folder ?? directory)
    case .fan(let tasks, _):
      return try await withServer(folder) { try await $0.fan(tasks: tasks, name: name) }
    case .chain:
      return try await withServer(folder) {
        try await $0.chain(length: Workload.chainLength, runs: Workload.chains, name: name)
      }
    case .many:
      return try await withServer(folder) {
        try await $0.many(runs: Workload.manyRuns, name: name)
      }
    case .search(let runs):
      return try await withServer(folder) {
        try await $0.search(
          definitions: Workload.definitionsKept, runs: runs, name: name)
      }
    case .tail:
      return try await withServer(folder) {
        try await $0.tail(lines: Workload.linesFollowed, name: name)
      }
    case .submit:
      return try await withServer(folder) {
        try await $0.submit(runs: Workload.submissions, name: name)
      }
    }
  }

  private func withServer(
    _ folder: String?, _ body: @escaping @Sendable (ServerBench) async throws -> Measurement
  ) async throws -> Measurement {
    var configuration = DevConfiguration()
    configuration.port = 0
    configuration.slots = 64
    configuration.dataDirectory = folder
    let server = try await DevServer.start(configuration)
    let bench = ServerBench(client: try BenchClient(url: server.url, token: server.token))
    let measurement = try await bench.client.run { try await body(bench) }
    await server.stop()
    return measurement
  }
}
