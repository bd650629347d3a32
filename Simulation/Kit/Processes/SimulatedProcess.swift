internal import Domain
internal import Synchronization

/// A process of the world: it can be killed at any await, paused, resumed and started again.
///
/// A kill is a power cut: nothing of the process runs ever again, no `defer` and no clean-up. A
/// paused process keeps its work and does not know that it was paused: a zombie when it resumes.
public final class SimulatedProcess: Sendable {
  public enum Status: Hashable, Sendable {
    case notStarted
    case running
    case paused
    case killed
    /// Its main function has returned; tasks that it spawned may go on.
    case finished
    case failed
  }

  public typealias Main = @Sendable (ProcessEnvironment) async throws -> Void

  public let name: String
  public let world: SimulatedWorld
  private let state = Mutex(State())

  private struct State {
    var status = Status.notStarted
    var main: Main?
    var mayFail = false
    var incarnation: Incarnation?
    var lives = 0
    var wallOffset = Duration.zero
    var failure: (any Error)?
    var pendingStart: ScheduledEvent?
  }

  init(name: String, world: SimulatedWorld) {
    self.name = name
    self.world = world
  }

  public var status: Status { state.withLock { $0.status } }
  /// The present life, or the last one.
  public var incarnation: Incarnation? { state.withLock { $0.incarnation } }
  /// What the main function threw.
  public var failure: (any Error)? { state.withLock { $0.failure } }
  public var isAlive: Bool { incarnation?.isAlive ?? false }

  /// How far the wall clock of this process is ahead of the world's. May be changed at any time: a
  /// step of the clock.
  public var wallOffset: Duration {
    get { state.withLock { $0.wallOffset } }
    set { state.withLock { $0.wallOffset = newValue } }
  }

  /// Starts the process as a world event of this instant.
  ///
  /// - Parameter mayFail: when false, a main function that throws fails the whole run.
  public func start(mayFail: Bool = false, _ main: @escaping Main) {
    state.withLock { state in
      state.main = main
      state.mayFail = mayFail
    }
    restart()
  }

  /// Kills the process if it lives and starts its main function again, in a new incarnation.
  public func restart(after length: Duration = .zero) {
    kill()
    let start = world.schedule(after: length) { self.begin() }
    state.withLock { $0.pendingStart = start }
  }

  /// Takes back a start that is still to come, too.
  public func kill() {
    let killed: Incarnation? = state.withLock { state in
      state.pendingStart?.cancel()
      state.pendingStart = nil
      switch state.status {
      case .running, .paused, .finished, .failed:
        state.status = .killed
        return state.incarnation
      case .notStarted, .killed:
        return nil
      }
    }
    if let killed { world.died(killed) }
  }

  public func pause() {
    setMode(from: .running, to: .paused, .paused)
  }

  public func resume() {
    setMode(from: .paused, to: .running, .running)
  }

  private func setMode(from: Status, to: Status, _ mode: ReadyQueue.Mode) {
    let changed: Incarnation? = state.withLock { state in
      guard state.status == from else { return nil }
      state.status = to
      return state.incarnation
    }
    guard let changed else { return }
    world.state.withLock { $0.queues.setMode(mode, of: changed.number) }
    world.recorder.record(.process, mode == .paused ? "pause" : "resume", UInt64(changed.number))
  }

  /// Lets go of what it would run and of its last life, so that nothing keeps the world. Called
  /// when the run is over.
  func forget() {
    let forgotten = state.withLock { state in
      defer {
        state.main = nil
        state.incarnation = nil
      }
      return (state.main, state.incarnation)
    }
    withExtendedLifetime(forgotten) {}
  }

  private func begin() {
    let (main, mayFail, life): (Main?, Bool, Int) = state.withLock { state in
      state.lives += 1
      return (state.main, state.mayFail, state.lives)
    }
    guard let main else { return }
    let incarnation = world.born(self, life: life)
    state.withLock { state in
      state.incarnation = incarnation
      state.status = .running
      state.failure = nil
    }
    let environment = ProcessEnvironment(incarnation)
    incarnation.spawn("main") {
      do {
        try await main(environment)
        self.ended(incarnation, failure: nil)
      } catch {
        self.ended(incarnation, failure: error)
        if !mayFail { self.world.processFailed(incarnation, error) }
      }
    }
  }

  private func ended(_ incarnation: Incarnation, failure: (any Error)?) {
    state.withLock { state in
      guard state.incarnation === incarnation else { return }
      state.status = failure == nil ? .finished : .failed
      state.failure = failure
    }
  }
}

extension SimulatedWorld {
  func born(_ process: SimulatedProcess, life: Int) -> Incarnation {
    let incarnation = state.withLock { state in
      let incarnation = Incarnation(
        process: process, life: life, startedAt: .microseconds(state.now),
        number: state.queues.addIncarnation())
      state.incarnations.append(incarnation)
      return incarnation
    }
    recorder.record(.process, "start \(process.name)", UInt64(incarnation.number))
    return incarnation
  }

  func died(_ incarnation: Incarnation) {
    let observers = state.withLock { state in
      state.queues.setMode(.dead, of: incarnation.number)
      state.waits.endAll(of: incarnation.number)
      return state.deathObservers
    }
    recorder.record(.process, "kill", UInt64(incarnation.number))
    for observer in observers {
      schedule(after: .zero) { observer(incarnation) }
    }
  }

  func processFailed(_ incarnation: Incarnation, _ error: any Error) {
    state.withLock { state in
      state.fail(
        .processFailed, seed: seed, "\(incarnation) failed: \(error)", underlying: error)
    }
  }
}
