public import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// What was executed, by whom and when: for tests and oracles.
public struct ExecutionRecord: Sendable {
  public var order: WorkOrder
  /// Whose execution it is; it dies with that incarnation.
  public var process: Incarnation
  /// Virtual times since the start of the world.
  public var startedAt: Duration
  public var endedAt: Duration?
  /// Nil while it runs, and when it died with its process.
  public var result: ExecutionResult?
  /// The signals that it got, in order.
  public var signals: [StopSignal] = []
}

/// What a fake executor does wrong when it is asked to start something.
public struct ExecutorFaults: Hashable, Sendable {
  public var startLatency: ClosedRange<Duration> = .zero...(.zero)
  /// A start is `.unavailable`, and nothing runs.
  public var unavailable = Chance.never

  public init() {}
  public static let calm = ExecutorFaults()
}

/// Runs scripts in virtual time instead of work.
public final class FakeExecutor: Executor {
  /// Unread lines beyond which an execution stands still.
  public static let unreadLinesMax = 64

  let world: SimulatedWorld
  private let chance: WorldRandom
  private let accept: @Sendable (WorkOrder.Work) -> Bool
  private let script: @Sendable (WorkOrder) -> ExecutionScript
  private let state: Mutex<State>

  private struct State {
    var faults: ExecutorFaults
    var records: [ExecutionRecord] = []
    var running: SortedMap<Int, FakeExecution> = [:]
    var folders: SortedMap<AttemptID, FakeWorkFolder> = [:]
    var observers: [@Sendable (Int, ExecutionRecord) -> Void] = []
  }

  /// - Parameter script: called for each start; it may draw from a stream of the world.
  public init(
    _ world: SimulatedWorld, faults: ExecutorFaults = .calm, name: String = "executor",
    accepts: @escaping @Sendable (WorkOrder.Work) -> Bool = { _ in true },
    script: @escaping @Sendable (WorkOrder) -> ExecutionScript
  ) {
    self.world = world
    chance = world.stream(named: "\(name) faults")
    accept = accepts
    self.script = script
    state = Mutex(State(faults: faults))
    world.onDeath { [weak self] in self?.died($0) }
    world.onClose { [weak self] in
      self?.state.withLock { state in
        state.running = [:]
        state.observers = []
      }
    }
    world.onForget { [weak self] in
      self?.state.withLock { state in
        state.records = []
        state.folders = [:]
      }
    }
  }

  public var faults: ExecutorFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// Everything that was ever started, in order.
  public var records: [ExecutionRecord] { state.withLock { $0.records } }

  /// Calls `observer` when something was started, and again when it has ended, with its place among
  /// the records.
  public func observe(_ observer: @escaping @Sendable (Int, ExecutionRecord) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }

  private func tell(_ number: Int) {
    let (observers, record) = state.withLock { ($0.observers, $0.records[number]) }
    for observer in observers { observer(number, record) }
  }

  /// The attempts that run now.
  public var running: [AttemptID] {
    records.filter { $0.endedAt == nil }.map(\.order.attempt)
  }

  /// The folder of an attempt that has one.
  public func folder(of attempt: AttemptID) -> FakeWorkFolder? {
    state.withLock { $0.folders[attempt] }
  }

  public func folder(for order: WorkOrder) async throws(ExecutorError) -> any WorkFolder {
    let folder = FakeWorkFolder(world)
    state.withLock { $0.folders[order.attempt] = folder }
    return folder
  }

  public func accepts(_ work: WorkOrder.Work) -> Bool { accept(work) }

  public func start(_ order: WorkOrder) async throws(ExecutorError) -> any Execution {
    guard accept(order.work) else {
      throw .unsupported("this executor does not accept \(order.work)")
    }
    let result: Result<FakeExecution, ExecutorError> = await world.exchange("executor.start") {
      reply in
      let faults = self.faults
      let isUnavailable = self.chance.happens(faults.unavailable)
      if isUnavailable { self.world.mark("executor.unavailable") }
      self.world.schedule(after: self.chance.length(in: faults.startLatency)) {
        // A process that died meanwhile has not started anything.
        guard reply.caller.isAlive else { return }
        if isUnavailable {
          return reply.send(.failure(.unavailable("no process could be started")))
        }
        reply.send(.success(self.begin(order, for: reply.caller)))
      }
    }
    return try result.get()
  }

  private func begin(_ order: WorkOrder, for process: Incarnation) -> FakeExecution {
    let now = world.elapsed
    let script = script(order)
    let execution = state.withLock { state in
      let number = state.records.count
      state.records.append(
        ExecutionRecord(order: order, process: process, startedAt: now))
      let execution = FakeExecution(
        number: number, order: order, script: script, executor: self)
      state.running[number] = execution
      return execution
    }
    world.note("executor.start", UInt64(execution.number))
    tell(execution.number)
    execution.advance()
    return execution
  }

  /// - Parameter makes: what it leaves in its folder.
  func ended(_ number: Int, _ result: ExecutionResult?, makes: SortedMap<String, [UInt8]>) {
    let now = world.elapsed
    let folder = state.withLock { $0.folders[$0.records[number].order.attempt] }
    folder?.make(makes)
    state.withLock { state in
      state.running.removeValue(for: number)
      state.records[number].endedAt = now
      state.records[number].result = result
    }
    world.note("executor.end", UInt64(number))
    tell(number)
  }

  func signalled(_ number: Int, _ signal: StopSignal) {
    state.withLock { $0.records[number].signals.append(signal) }
  }

  /// An execution dies with its process, as the kernel does it for real ones.
  private func died(_ process: Incarnation) {
    let orphans = state.withLock { state in
      state.running.filter { state.records[$0.key].process === process }.map(\.value)
    }
    for execution in orphans { execution.die() }
  }
}
