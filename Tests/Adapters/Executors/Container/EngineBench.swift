import Domain
import Foundation
import Glibc
import Ports
import TestSupport

@testable import ExecutorsAdapter

/// A container executor on the stand-in of scripts/servers/container_engine.py.
final class EngineBench: Sendable {
  struct Call: Decodable {
    var verb: String
    var words: [String]
    var environment: [String]?
    var mode: Int?
  }

  enum Lie: String, Sendable {
    case down, gone, hangs, deaf, keeps
    case made = "125"
    case notExecutable = "126"
    case notFound = "127"
  }

  let surroundings: Surroundings
  let folder: URL
  let executor: ContainerExecutor

  /// - Parameters:
  ///   - lie: how the engine lies from the start.
  ///   - leftovers: names of containers that are there before.
  init(
    _ lie: Lie? = nil, leftovers: [String] = [], answerWithin: Duration = .seconds(20)
  ) throws {
    surroundings = try Surroundings()
    folder = FileManager.default.temporaryDirectory.appending(
      path: "millrace-containers-\(UUID().uuidString)")
    let files = FileManager.default
    try files.createDirectory(
      at: folder.appending(path: "state/boxes"), withIntermediateDirectories: true)
    // Who the programs run as must get to their folders.
    chmod(folder.path, 0o755)
    let script = URL(filePath: files.currentDirectoryPath)
      .appending(path: "scripts/servers/container_engine.py").path
    let engine = folder.appending(path: "engine")
    // A link: a file that was just written cannot be executed while a child of another test has
    // it open.
    try files.createSymbolicLink(atPath: engine.path, withDestinationPath: script)
    for name in leftovers {
      try Foundation.Data().write(to: folder.appending(path: "state/boxes/\(name)"))
    }
    if let lie {
      try Foundation.Data(lie.rawValue.utf8).write(to: folder.appending(path: "state/lie"))
    }
    var configuration = ContainerExecutorConfiguration(
      engine: engine.path, directory: folder.appending(path: "work").path,
      environment: ["DOCKER_HOST": "unix:///nowhere"])
    configuration.answerWithin = answerWithin
    executor = try ContainerExecutor(
      configuration, loop: surroundings.loop, time: surroundings.time,
      spawner: surroundings.spawner)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The containers that are there.
  var containers: [String] {
    let boxes = folder.appending(path: "state/boxes").path
    return (try? FileManager.default.contentsOfDirectory(atPath: boxes).sorted()) ?? []
  }

  func calls(_ verb: String) throws -> [Call] {
    let text = try String(contentsOf: folder.appending(path: "state/calls"), encoding: .utf8)
    return try text.split(separator: "\n")
      .map { try JSONDecoder().decode(Call.self, from: Foundation.Data($0.utf8)) }
      .filter { $0.verb == verb }
  }

  /// What attempts have left on disk.
  var files: [String] {
    let work = folder.appending(path: "work").path
    let entries = FileManager.default.enumerator(atPath: work)?.allObjects ?? []
    return entries.compactMap { $0 as? String }.filter { $0.contains("/") }
  }

  func run(
    _ program: WorkOrder.Program, in container: TaskContainer = TaskContainer(image: "debian"),
    environment: SortedMap<String, String> = [:], outputs: SortedMap<String, ValueType> = [:]
  ) async throws -> (lines: [OutputLine], result: ExecutionResult) {
    try await ExecutorContract.run(
      executor,
      .sample(.contained(container, program), environment: environment, outputs: outputs))
  }
}
