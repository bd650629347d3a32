import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Wire
import WorkerCore

@testable import WorkerService

/// A worker in a world with a scheduler, a bus and an executor of scripts.
struct Scene: Sendable {
  let world: SimulatedWorld
  let bus: FakeBus
  let network: FakeNetwork
  let executor: FakeExecutor
  let gateway: FakeGateway
  let scheduler: SimulatedProcess
  let worker: SimulatedProcess
  private let wish = Wish()

  /// - Parameter script: by the number of the attempt.
  init(
    _ world: SimulatedWorld, slots: Int = 2, bus busFaults: BusFaults = .calm,
    network networkFaults: NetworkFaults = .calm,
    executor executorFaults: ExecutorFaults = .calm, artifacts: FakeArtifacts? = nil,
    secrets: FakeSecrets? = nil,
    configure: @escaping @Sendable (inout WorkerConfiguration) -> Void = { _ in },
    script: @escaping @Sendable (Int) -> ExecutionScript
  ) {
    self.world = world
    let bus = FakeBus(world, faults: busFaults)
    let network = FakeNetwork(world, faults: networkFaults)
    let executor = FakeExecutor(world, faults: executorFaults) { order in
      script(order.attempt.task.index ?? 0)
    }
    let gateway = FakeGateway(bus)
    (self.bus, self.network, self.executor, self.gateway) = (bus, network, executor, gateway)
    scheduler = world.process("scheduler")
    scheduler.start { _ in
      try await network.serve(rpc: WorkerGatewayMethods.service, gateway)
    }
    if let artifacts {
      world.process("artifacts").start { environment in
        environment.spawner.spawn("http") {
          try? await network.serve(FakeArtifacts.address, artifacts) { _ in }
        }
        try await network.serve(rpc: ArtifactsMethods.service, artifacts)
      }
    }
    if let secrets {
      world.process("iam").start { _ in
        try await network.serve(rpc: SecretsMethods.service, secrets)
      }
    }
    worker = world.process("worker")
    worker.start { [wish] environment in
      var configuration = WorkerConfiguration(name: "worker-1", slots: slots)
      configure(&configuration)
      let context = ServiceContext(
        process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
        time: environment.time, randomness: environment.randomness,
        spawner: environment.spawner, telemetry: environment.telemetry,
        probe: environment.probe)
      let server = WorkerServer(
        WorkerPorts(
          bus: bus, network: network, executors: [executor],
          digest: artifacts == nil ? nil : FakeDigest(), context: context,
          configuration: configuration))
      environment.spawner.spawn("drain") {
        await wish.wait(for: .drain, environment.time)
        await server.drain()
      }
      environment.spawner.spawn("kill") {
        await wish.wait(for: .kill, environment.time)
        server.kill()
      }
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await server.run() }
        group.addTask { await wish.wait(for: .cancel, environment.time) }
        await group.next()
        group.cancelAll()
      }
    }
  }

  /// Has something done to the worker, from within its process.
  func ask(_ what: Wish.What) { wish.what = what }

  func drain() { ask(.drain) }

  func wait(
    for what: String, within: Duration = .seconds(60), _ condition: () -> Bool
  ) async throws {
    try await world.wait(for: what, within: within) { condition() }
  }

  func waitForResults(_ numbers: some Sequence<Int>, within: Duration = .seconds(60)) async throws {
    let wanted = SortedSet(numbers.map { Scene.attempt($0).description })
    try await wait(for: "the results", within: within) {
      let ended = SortedSet(gateway.endedAttempts)
      return wanted.allSatisfy { ended.contains($0) }
    }
  }

  static func attempt(_ number: Int) -> AttemptID {
    AttemptID(
      run: RunID(SortableID(high: 1 << 40, low: UInt64(number % 3))),
      task: TaskKey(TaskName(unchecked: "task"), index: number), fence: Fence(1))
  }

  static func order(
    _ number: Int, attempt: Duration? = nil, silence: Duration? = nil,
    grace: Duration = .seconds(2)
  ) -> WorkOrderMessage {
    WorkOrderMessage(
      attempt: Scene.attempt(number).description,
      work: .run(WorkOrderMessage.Run(argv: ["true"])),
      attemptLimitUs: attempt?.wholeMicroseconds ?? 0,
      heartbeatLimitUs: silence?.wholeMicroseconds ?? 0, graceUs: grace.wholeMicroseconds,
      namespace: "default")
  }

  /// The log of an attempt as a reader of the topic sees it: repeated lines are dropped.
  func log(of number: Int) -> (lines: [String], isLast: Bool, startedAt: Int64?, isDense: Bool) {
    var (lines, isLast, isDense): ([String], Bool, Bool) = ([], false, true)
    var startedAt: Int64?
    let key = Scene.attempt(number).description
    for delivery in bus.records("task.logs") where delivery.record.key == key {
      guard let chunk = try? TaskLog(decoding: delivery.record.value) else { continue }
      if chunk.first > Int64(lines.count) { isDense = false }
      let texts = chunk.lines.map { String(decoding: $0.text, as: UTF8.self) }
      lines += texts.dropFirst(max(0, lines.count - Int(chunk.first)))
      isLast = isLast || chunk.isLast
      startedAt = startedAt ?? chunk.startedAtUs
    }
    return (lines, isLast, startedAt, isDense)
  }
}

/// What the test wants the worker's process to do.
final class Wish: Sendable {
  enum What: Hashable, Sendable {
    case drain
    /// Cancels the task that runs the worker.
    case cancel
    case kill
  }

  private let state = Mutex(What?.none)

  var what: What? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  /// Returns when it is wished for, or when the task is cancelled.
  func wait(for wanted: What, _ time: any Time) async {
    while what != wanted, !Task.isCancelled { try? await time.sleep(for: .milliseconds(20)) }
  }
}
