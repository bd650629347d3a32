import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing
import Wire

@testable import SchedulerService

/// Schedulers in a world with a store, a bus, a network, a workflow service and scripted workers.
struct SchedulerScene: Sendable {
  struct Faults: Sendable {
    var store = RecordStoreFaults.calm
    var bus = BusFaults.calm
    var network = NetworkFaults.calm

    static let calm = Faults()
    static let slow = Faults(store: .slow, bus: .slow, network: .slow)
    static let hostile = Faults(store: .hostile, bus: .hostile, network: .hostile)
  }

  let world: SimulatedWorld
  let store: FakeRecordStore
  let bus: FakeBus
  let network: FakeNetwork
  let workflows: FakeWorkflows
  let judge: DecisionJudge
  private let configuration: SchedulerConfiguration

  init(
    _ world: SimulatedWorld, _ faults: Faults = .slow,
    configure: (inout SchedulerConfiguration) -> Void = { _ in }
  ) throws {
    self.world = world
    store = try FakeRecordStore(
      world, tables: SchedulerTables.declarations, faults: faults.store)
    bus = FakeBus(world, faults: faults.bus)
    network = FakeNetwork(world, faults: faults.network)
    let handler = FakeWorkflows()
    workflows = handler
    judge = DecisionJudge(store)
    var configuration = SchedulerConfiguration()
    configure(&configuration)
    self.configuration = configuration
    let network = network
    world.process("workflow").start { _ in
      try await network.serve(rpc: WorkflowsMethods.service, handler)
    }
  }

  var faults: Faults {
    get { Faults(store: store.faults, bus: bus.faults, network: network.faults) }
    nonmutating set {
      store.faults = newValue.store
      bus.faults = newValue.bus
      network.faults = newValue.network
    }
  }

  // MARK: Processes

  @discardableResult
  func scheduler(_ name: String = "scheduler") -> ScheduledProcess {
    let stop = Wish()
    let identity = Identity()
    let process = world.process(name)
    process.start { [store, bus, network, configuration] environment in
      let context = ServiceContext(
        process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
        time: environment.time, randomness: environment.randomness,
        spawner: environment.spawner, telemetry: environment.telemetry,
        probe: environment.probe)
      let server = SchedulerServer(
        SchedulerPorts(
          store: store, bus: bus, network: network, context: context,
          configuration: configuration))
      identity.value = context.process.text
      stop.value = false
      await withDiscardingTaskGroup { group in
        group.addTask { await server.run() }
        while !stop.value { try? await environment.time.sleep(for: .milliseconds(10)) }
        group.cancelAll()
      }
    }
    return ScheduledProcess(process: process, stopWish: stop, identity: identity)
  }

  @discardableResult
  func worker(
    _ name: String = "worker", slots: Int = 4, pools: [String] = ["default"],
    claims: Bool = true, _ script: @escaping @Sendable (AttemptID) -> ScriptedWorker.Step
  ) -> ScriptedWorker {
    let worker = ScriptedWorker(
      world.process(name), slots: slots, pools: pools, claims: claims, bus: bus, network: network,
      script: script)
    worker.start()
    return worker
  }

  // MARK: Input

  /// Publishes that a run of the definition was asked for.
  @discardableResult
  func start(
    _ definition: WorkflowDefinition, run number: UInt64 = 1,
    inputs: SortedMap<String, Value> = [:], priority: Priority = .normal
  ) -> RunID {
    let run = RunID.sample(number)
    workflows.add(definition)
    bus.append([started(definition, run, inputs: inputs, priority: priority)])
    return run
  }

  func started(
    _ definition: WorkflowDefinition, _ run: RunID, inputs: SortedMap<String, Value> = [:],
    priority: Priority = .normal
  ) -> BusRecord {
    let message = WorkflowStarted(
      run: run.text, namespace: definition.namespace.text, workflow: definition.name.text,
      version: FakeWorkflows.version(of: definition), inputs: inputs.mapValues { ValueMessage($0) },
      createdAtUs: world.now.microseconds, principal: "tester", priority: priority.rawValue)
    return BusRecord(topic: "workflow.started", key: run.text, value: message.encoded())
  }

  func command(_ kind: RunCommand.Kind, _ run: RunID, id: String = "cmd-1") {
    let message = RunCommand(
      command: id, run: run.text, kind: kind, reason: "because", principal: "tester",
      askedAtUs: world.now.microseconds)
    bus.append([BusRecord(topic: "run.commands", key: run.text, value: message.encoded())])
  }

  /// Publishes how an attempt ended, as a worker does.
  func report(
    _ attempt: AttemptID, _ result: AttemptEnded.Result = .succeeded, worker: String = "worker",
    outputs: SortedMap<String, Value> = [:]
  ) {
    bus.append([.report(attempt, result, worker: worker, outputs: outputs, at: world.now)])
  }

  // MARK: Remote calls of the test

  func call<Answer: WireMessage>(
    _ service: String, _ method: String, _ request: some WireMessage
  ) async throws -> Answer {
    var bytes: [UInt8]?
    for _ in 0..<100 {
      do throws(RPCError) {
        bytes = try await network.call(service, method, request.encoded(), within: .seconds(5))
        break
      } catch {
        // Nobody serves it yet, or not any more.
        guard error.code == .unavailable else { throw error }
        try await world.here.time.sleep(for: .milliseconds(10))
      }
    }
    return try Answer(decoding: try #require(bytes, "nobody serves \(service)"))
  }

  func open(
    _ session: SessionID, worker: String = "tester", pools: [String] = ["default"]
  ) async throws {
    let _: OpenSessionResponse = try await call(
      WorkerGatewayMethods.service, WorkerGatewayMethods.openSession,
      OpenSessionRequest(session: session.text, worker: worker, pools: pools, slots: 10))
  }

  func claim(
    _ session: SessionID, _ attempts: [AttemptID] = [], max: Int32 = 10
  ) async throws -> ClaimResponse {
    try await call(
      WorkerGatewayMethods.service, WorkerGatewayMethods.claim,
      ClaimRequest(session: session.text, attempts: attempts.map(\.description), max: max))
  }

  func beat(_ request: HeartbeatRequest) async throws -> HeartbeatResponse {
    try await call(
      WorkerGatewayMethods.service, WorkerGatewayMethods.heartbeat, request)
  }

  func view(_ run: RunID) async throws -> RunView? {
    let answer: GetRunResponse = try await call(
      SchedulerMethods.service, SchedulerMethods.getRun, GetRunRequest(run: run.text))
    return answer.run
  }

  func list(_ request: ListTasksRequest) async throws -> ListTasksResponse {
    try await call(SchedulerMethods.service, SchedulerMethods.listTasks, request)
  }

  func export(_ runs: [String], tasksMax: Int32) async throws -> [ExportRunsResponse.Run] {
    let answer: ExportRunsResponse = try await call(
      SchedulerMethods.service, SchedulerMethods.exportRuns,
      ExportRunsRequest(runs: runs, tasksMax: tasksMax))
    return answer.runs
  }

  /// Every task of a run, page by page.
  func tasks(_ run: RunID, perPage: Int32 = 1_000) async throws -> [TaskView] {
    var found: [TaskView] = []
    var after = ""
    repeat {
      let page = try await list(ListTasksRequest(run: run.text, after: after, limit: perPage))
      found += page.tasks
      after = page.next
    } while !after.isEmpty
    return found
  }

  // MARK: What is stored

  func row(_ run: RunID) -> RunRecord? {
    store.records(SchedulerTables.runs).first { $0.run == run.text }
  }

  func taskRows(_ run: RunID) -> [TaskRecord] {
    store.records(SchedulerTables.tasks).filter { $0.run == run.text }
  }

  func taskRow(_ run: RunID, _ name: String = "task", index: Int64 = -1) -> TaskRecord? {
    taskRows(run).first { $0.name == name && $0.index == index }
  }

  func partition(of run: RunID) -> PartitionRecord? {
    let number = Int64(Partitioning.partition(of: run.text))
    return store.records(SchedulerTables.partitions).first { $0.partition == number }
  }

  var leases: [LeaseRecord] { store.records(SchedulerTables.leases) }
  var sessions: [SessionRecord] { store.records(SchedulerTables.sessions) }

  func completions(_ run: RunID) -> [WorkflowCompleted] {
    bus.records("workflow.completed").compactMap {
      try? WorkflowCompleted(decoding: $0.record.value)
    }.filter { $0.run == run.text }
  }

  // MARK: Waiting

  func wait(
    for what: String, within: Duration = .seconds(60), _ condition: () throws -> Bool
  ) async throws {
    // Looking costs more than it does with other fakes: rows are decoded each time.
    try await world.wait(for: what, within: within, every: .milliseconds(50)) { try condition() }
  }

  /// Waits until the run is over, and answers how it was announced.
  @discardableResult
  func ended(_ run: RunID, within: Duration = .seconds(120)) async throws -> WorkflowCompleted {
    try await wait(for: "the end of \(run)", within: within) { !completions(run).isEmpty }
    return try #require(completions(run).first)
  }

  func offered(_ run: RunID, _ name: String = "task") async throws -> AttemptID {
    try await wait(for: "an offer of \(name)") { taskRow(run, name)?.phase == "offered" }
    return try #require(taskRow(run, name)?.attempt)
  }
}

/// A scheduler's process, and the wish that it may stop in good order.
struct ScheduledProcess: Sendable {
  let process: SimulatedProcess
  fileprivate let stopWish: Wish
  fileprivate let identity: Identity

  /// Who it is in its present life.
  var id: String { identity.value }

  /// Cancels the server, as a signal does in production.
  func stop() { stopWish.value = true }
}

private final class Wish: Sendable {
  private let isWished = Mutex(false)
  var value: Bool {
    get { isWished.withLock { $0 } }
    set { isWished.withLock { $0 = newValue } }
  }
}

private final class Identity: Sendable {
  private let text = Mutex("")
  var value: String {
    get { text.withLock { $0 } }
    set { text.withLock { $0 = newValue } }
  }
}

extension BusRecord {
  static func report(
    _ attempt: AttemptID, _ result: AttemptEnded.Result, worker: String,
    outputs: SortedMap<String, Value> = [:], at now: Moment
  ) -> BusRecord {
    let message = AttemptEnded(
      attempt: attempt.description, worker: worker, result: result,
      exitCode: result == .failed ? 1 : nil, outputs: outputs.mapValues { ValueMessage($0) },
      startedAtUs: now.microseconds, endedAtUs: now.microseconds)
    return BusRecord(
      topic: result == .succeeded ? "task.completed" : "task.failed", key: attempt.run.text,
      value: message.encoded())
  }
}

/// The workflow service: versions of definitions, as long as it is up.
final class FakeWorkflows: RPCHandler {
  struct State {
    var definitions: SortedMap<String, WorkflowDefinition> = [:]
    var isDown = false
    var asked: [String] = []
    var onAsk: @Sendable (String) -> Void = { _ in }
  }

  private let state = Mutex(State())

  subscript<Part>(_ part: any WritableKeyPath<State, Part> & Sendable) -> Part {
    get { state.withLock { $0[keyPath: part] } }
    set { state.withLock { $0[keyPath: part] = newValue } }
  }

  static func version(of definition: WorkflowDefinition) -> String { "v-\(definition.name)" }

  func add(_ definition: WorkflowDefinition) {
    state.withLock { $0.definitions[FakeWorkflows.version(of: definition)] = definition }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard let wanted = try? GetVersionRequest(decoding: request) else {
      throw RPCError(.invalidArgument, "no request")
    }
    let (onAsk, isDown, definition) = state.withLock { state in
      state.asked.append(wanted.version)
      return (state.onAsk, state.isDown, state.definitions[wanted.version])
    }
    onAsk(wanted.version)
    if isDown { throw RPCError(.unavailable, "down") }
    guard let definition else { throw RPCError(.notFound, "no version \(wanted.version)") }
    return GetVersionResponse(normalForm: Array(definition.normalForm.json.utf8)).encoded()
  }
}
