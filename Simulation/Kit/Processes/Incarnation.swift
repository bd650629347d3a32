internal import Synchronization

/// One life of a simulated process: from a start to its death.
public final class Incarnation: Sendable, CustomStringConvertible {
  public let process: SimulatedProcess
  /// Which life of the process it is, from 1.
  public let life: Int
  /// Virtual time of its start.
  public let startedAt: Duration
  /// Unique in the world, in the order of starts.
  public let number: Int
  /// `scheduler/2`: the second life of the scheduler.
  public let description: String
  let executor: ProcessExecutor

  init(process: SimulatedProcess, life: Int, startedAt: Duration, number: Int) {
    self.process = process
    self.life = life
    self.startedAt = startedAt
    self.number = number
    description = "\(process.name)/\(life)"
    executor = ProcessExecutor()
    executor.belong(to: self)
  }

  public var world: SimulatedWorld { process.world }
  public var isAlive: Bool { world.state.withLock { $0.queues.mode(of: number) != .dead } }
  public var isPaused: Bool { world.state.withLock { $0.queues.mode(of: number) == .paused } }

  /// The executor knows its incarnation and the other way round: called when the run is over.
  func forget() {
    executor.belong(to: nil)
  }

  /// Starts a task in this incarnation; nothing happens when it is dead.
  @discardableResult
  public func spawn(
    _ name: String, _ body: @escaping @Sendable () async -> Void
  ) -> Task<Void, Never>? {
    guard isAlive else { return nil }
    return Task(name: "\(self) \(name)", executorPreference: executor, operation: body)
  }
}

/// Where the jobs of one incarnation go: into the world's queues. Child tasks inherit it.
final class ProcessExecutor: TaskExecutor {
  private let incarnation = Mutex<Incarnation?>(nil)

  func belong(to incarnation: Incarnation?) {
    self.incarnation.withLock { $0 = incarnation }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard let incarnation = incarnation.withLock({ $0 }) else { return }
    incarnation.world.accept(job, for: incarnation)
  }
}
