internal import DeliveryAdapter
internal import Domain
internal import ExecutorsAdapter
internal import Foundation
internal import Ports
internal import SystemAdapter

/// What a worker runs tasks with, made from its settings.
struct TaskExecutors: Sendable {
  /// Of each kind of work, one.
  let all: [any Executor]
  private let processes: ProcessExecutor
  private let containers: ContainerExecutor?

  /// Threads that calls are made on; what comes when all are busy waits.
  private static let callThreadsMax = 256

  /// - Parameters:
  ///   - slots: attempts that run at once.
  ///   - directory: of work directories.
  /// - Throws: `.unavailable` when the directory cannot be had.
  init(
    _ settings: TaskSettings, _ egress: EgressRules, slots: Int, in directory: String,
    _ runtime: Runtime
  ) throws(ExecutorError) {
    var programs = ProcessExecutorConfiguration(directory: directory)
    programs.limits = settings.limits
    programs.filtersCalls = settings.filtersCalls
    processes = try ProcessExecutor(
      programs, loop: runtime.loop, time: runtime.time, spawner: runtime.spawner)
    containers = try TaskExecutors.containers(settings, in: directory, runtime)
    let client = CurlEgressClient(
      EgressClientConfiguration(rules: egress),
      on: BlockingPool(
        name: "calls", threads: min(slots, TaskExecutors.callThreadsMax), waitingMax: slots))
    let calls = HTTPExecutor(client: client, time: runtime.time, spawner: runtime.spawner)
    let functions = FunctionExecutor(time: runtime.time, spawner: runtime.spawner)
    let contained: any Executor = containers ?? NoContainers()
    all = [processes, contained, calls, functions]
  }

  private static func containers(
    _ settings: TaskSettings, in directory: String, _ runtime: Runtime
  ) throws(ExecutorError) -> ContainerExecutor? {
    guard let engine = settings.containerEngine else { return nil }
    let variables = ContainerExecutorConfiguration.variables.compactMap { name in
      ProcessInfo.processInfo.environment[name].map { (name, $0) }
    }
    return try ContainerExecutor(
      ContainerExecutorConfiguration(
        engine: engine, directory: directory + "/containers", environment: SortedMap(variables)),
      loop: runtime.loop, time: runtime.time, spawner: runtime.spawner)
  }

  /// How well programs are contained here.
  var containment: String { processes.level }

  /// Gives up the directories, once nothing runs and nothing will be started any more.
  func close() {
    containers?.close()
    processes.close()
  }
}
