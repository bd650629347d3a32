internal import Contracts
internal import Domain
internal import ExecutorsAdapter
internal import HTTPAdapter
internal import Ports
internal import SQLiteAdapter
internal import SchedulerService
internal import ServiceKit
internal import SystemAdapter
internal import Wire
internal import WorkerService

/// The scheduler on the embedded store and bus in a file, with fsync, and one worker whose tasks do
/// nothing: no HTTP, no history. One decision is an offer or a result.
struct StoreBench: Sendable {
  private let loop: EventLoop
  private let engine: SQLiteEngine
  private let bus: SQLiteBus
  private let network: LocalNetwork
  private let time: SystemTime
  private let randomness = SystemRandomness()
  private let scheduler: SchedulerServer
  private let worker: WorkerServer
  private let tasks: Int

  private static let slots = 64

  static func run(tasks: Int, name: String, folder: String) async throws -> Measurement {
    let loop = try EventLoop(name: "bench")
    loop.start()
    let bench = try await StoreBench(tasks: tasks, folder: folder, on: loop)
    let measurement = try await loop.root { try await bench.measure(name) }.value
    await bench.engine.close()
    loop.stop()
    return measurement
  }

  private init(tasks: Int, folder: String, on loop: EventLoop) async throws {
    self.loop = loop
    self.tasks = tasks
    time = SystemTime(on: loop)
    let spawner = SystemSpawner(on: loop)
    let telemetry = StandardErrorTelemetry(level: .error)
    let context = ServiceContext(
      process: ProcessID(at: time.now(), random: randomness.next), time: time,
      randomness: randomness, spawner: spawner, telemetry: telemetry)
    engine = try await SQLiteEngine.open(SQLiteConfiguration(.directory(folder)))
    let store = try await SQLiteRecordStore.open(
      engine, tables: SchedulerTables.declarations, randomness: randomness)
    bus = try await SQLiteBus.open(
      engine, SQLiteBusConfiguration(topics: StoreBench.topics), time: time,
      randomness: randomness)
    network = LocalNetwork(
      on: loop, time: time, pool: BlockingPool(name: "names", threads: 1, waitingMax: 8),
      telemetry: telemetry)
    scheduler = SchedulerServer(
      SchedulerPorts(store: store, bus: bus, network: network, context: context))
    worker = WorkerServer(
      WorkerPorts(
        bus: bus, network: network,
        executors: [FunctionExecutor(time: time, spawner: spawner)], context: context,
        configuration: WorkerConfiguration(name: "bench", slots: StoreBench.slots)))
  }

  private static let topics: [TopicDeclaration] = [
    .topic("workflow.started"), .topic("workflow.completed"), .topic("task.completed"),
    .topic("task.failed"), .topic("task.logs"), .topic("run.commands"),
    .topic("limit.requests"),
    .family(prefix: "task.scheduled."),
  ]

  private func measure(_ name: String) async throws -> Measurement {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await scheduler.run() }
      group.addTask { await worker.run() }
      group.addTask {
        try await network.serve(rpc: WorkflowsMethods.service, FanDefinition(tasks: tasks))
      }
      // Not counted: leases, the worker's session, the first look at everything.
      _ = try await once(name)
      var rounds: [Measurement] = []
      for _ in 0..<Workload.rounds(tasks: tasks) { rounds.append(try await once(name)) }
      worker.kill()
      group.cancelAll()
      guard let median = Measurement.median(of: rounds) else {
        throw Bench.Failed(description: "nothing was measured")
      }
      return median
    }
  }

  /// One run from its start to its end.
  private func once(_ name: String) async throws -> Measurement {
    let id = RunID(at: time.now(), random: randomness.next)
    let started = WorkflowStarted(
      run: id.text, namespace: NamespaceName.default.text, workflow: FanDefinition.name.text,
      version: "\(tasks)", createdAtUs: time.now().microseconds)
    return try await Measurement.of(name, tasks: 2 * tasks) {
      try await bus.publish([
        BusRecord(topic: "workflow.started", key: id.text, value: started.encoded())
      ])
      while try await !hasEnded(id) { try await time.sleep(for: .milliseconds(5)) }
      return []
    }
  }

  private func hasEnded(_ id: RunID) async throws -> Bool {
    do throws(RPCError) {
      let bytes = try await network.call(
        SchedulerMethods.service, SchedulerMethods.getRun, GetRunRequest(run: id.text).encoded(),
        within: .seconds(30))
      guard let answer = try? GetRunResponse(decoding: bytes) else { return false }
      return answer.run?.endedAtUs != nil
    } catch {
      // Not taken in yet.
      guard error.code == .notFound || error.code == .unavailable else { throw error }
      return false
    }
  }
}

/// A workflow service that knows one workflow: tasks that need nothing.
private struct FanDefinition: RPCHandler {
  static let name = WorkflowName(unchecked: "bench")

  private let normalForm: [UInt8]

  init(tasks count: Int) {
    let tasks = (0..<count).map { number in
      TaskDefinition(
        name: TaskName(unchecked: "t\(number)"), work: .call(function: "noop", arguments: [:]))
    }
    let definition = WorkflowDefinition(
      namespace: .default, name: FanDefinition.name, tasks: tasks.sorted { $0.name < $1.name })
    normalForm = Array(definition.normalForm.json.utf8)
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard method == WorkflowsMethods.getVersion else { throw RPCError(.unimplemented, method) }
    return GetVersionResponse(normalForm: normalForm).encoded()
  }
}
