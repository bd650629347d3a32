internal import Domain
internal import Synchronization

/// The loop that makes things happen, on the thread that calls it.
extension SimulatedWorld {
  /// Runs until the condition holds; it is asked after every step and must not wait.
  ///
  /// - Throws: `.deadlock` when nothing is left that could make it true, and the limits of the
  ///   settings.
  public func run(until isDone: () -> Bool) throws(SimulationError) {
    var anchor: UInt8 = 0
    let place = withUnsafeMutablePointer(to: &anchor) { UInt(bitPattern: $0) }
    state.withLock { state in
      precondition(state.drivingPlace == nil, "a world is driven by one loop at a time")
      state.drivingPlace = place
    }
    defer {
      state.withLock { state in
        state.drivingPlace = nil
        state.running = nil
      }
    }
    while !isDone() {
      switch try nextStep() {
      case .job(let job, let incarnation):
        job.runSynchronously(on: incarnation.executor.asUnownedTaskExecutor())
      case .event(let action):
        action()
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Runs for a length of virtual time, or until nothing is left to happen.
  public func run(for length: Duration) throws(SimulationError) {
    let isOver = Mutex(false)
    schedule(after: length) { isOver.withLock { $0 = true } }
    try run(until: { isOver.withLock { $0 } })
  }

  private enum Step {
    case job(UnownedJob, Incarnation)
    case event(@Sendable () -> Void)
  }

  private enum Turn {
    case step(Step)
    case husk
  }

  private func nextStep() throws(SimulationError) -> Step {
    while true {
      let next: Result<Turn, SimulationError> = state.withLock { state in
        do throws(SimulationError) {
          return .success(try turn(&state))
        } catch {
          return .failure(error)
        }
      }
      if case .step(let step) = try next.get() { return step }
    }
  }

  private func turn(_ state: inout WorldState) throws(SimulationError) -> Turn {
    // Of the job before, if this step is none.
    state.running = nil
    if let failure = state.failure { throw failure }
    try countStep(&state)
    if let next = state.queues.next(by: &state.scheduler) {
      recorder.record(.job, UInt64(next.incarnation), next.choice)
      let incarnation = state.incarnations[next.incarnation]
      state.running = incarnation
      return .step(.job(next.job, incarnation))
    }
    guard let time = state.events.nextTime(), let entry = state.events.pop() else {
      throw failure(
        .deadlock, &state,
        "deadlock: nothing can run and no event is left. A task may wait outside of the "
          + "simulation: Task {}, Task.sleep and @MainActor leave it.")
    }
    guard let action = entry.event.takeAction() else { return .husk }
    if time > state.now {
      guard Duration.microseconds(time) <= settings.timeMax else {
        throw failure(.timeLimit, &state, "the time limit of \(settings.timeMax) has passed.")
      }
      state.now = time
      state.stepsAtThisInstant = 0
      recorder.timeMoved(to: .microseconds(time))
    }
    recorder.record(.event, UInt64(bitPattern: time), entry.sequence)
    return .step(.event(action))
  }

  private func countStep(_ state: inout WorldState) throws(SimulationError) {
    state.stepsTaken += 1
    state.stepsAtThisInstant += 1
    if state.stepsTaken > settings.stepsMax {
      throw failure(.stepLimit, &state, "the limit of \(settings.stepsMax) steps is reached.")
    }
    if state.stepsAtThisInstant > settings.stepsPerInstantMax {
      throw failure(
        .spinning, &state,
        "\(settings.stepsPerInstantMax) steps without any time passing: something spins.")
    }
  }

  private func failure(
    _ cause: SimulationError.Cause, _ state: inout WorldState, _ message: String
  ) -> SimulationError {
    let report = state.report
    state.fail(cause, seed: seed, report.isEmpty ? message : message + "\n" + report)
    return state.failure
      ?? SimulationError(cause, seed: seed, at: .microseconds(state.now), message: message)
  }

  /// Takes a job that a task of an incarnation wants to run.
  ///
  /// Called by the runtime, on the driving thread unless something left the simulation and came
  /// back. The frames of the driving thread lie below the loop's own frame on the same stack; that
  /// is how a foreign thread is told apart without asking the operating system.
  func accept(_ job: UnownedJob, for incarnation: Incarnation) {
    var anchor: UInt8 = 0
    let place = withUnsafeMutablePointer(to: &anchor) { UInt(bitPattern: $0) }
    state.withLock { state in
      guard let driving = state.drivingPlace, driving &- place < SimulatedWorld.stackMax else {
        state.fail(
          .escaped, seed: seed,
          "a task of \(incarnation) was resumed from outside of the simulation. Task {}, "
            + "Task.sleep, @MainActor and threads leave it; use the injected ports.")
        return
      }
      state.queues.add(job, for: incarnation.number)
    }
  }

  /// More stack than any job needs, and less than what lies between two threads.
  static let stackMax: UInt = 4 << 20
}
