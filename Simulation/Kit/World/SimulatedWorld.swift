public import Domain
internal import Synchronization

/// A small deterministic universe: processes, one virtual clock, seeded chance, and a trace of all
/// that happens.
///
/// Everything runs on the thread that drives the world (`Simulation.run` or `run(until:)`), one job
/// at a time; time passes only when nothing can run. Fakes are plain state behind the world: they
/// take part through `exchange` and `schedule`.
public final class SimulatedWorld: Sendable {
  public let seed: UInt64
  public let settings: SimulationSettings
  /// What services logged, counted and measured.
  public let telemetry: TelemetryRecords
  /// Which marks were reached and which fault points fired.
  public let probes: ProbeRecords
  let recorder: TraceRecorder
  let state: Mutex<WorldState>

  public init(seed: UInt64, settings: SimulationSettings = SimulationSettings()) {
    self.seed = seed
    self.settings = settings
    telemetry = TelemetryRecords(recordsMax: settings.telemetryRecordsMax)
    probes = ProbeRecords()
    recorder = TraceRecorder(keepsEntries: settings.keepsTraceEntries)
    state = Mutex(WorldState(seed: seed))
    recorder.record(.process, "world", seed)
  }

  /// Virtual time since the start of the world.
  public var elapsed: Duration { .microseconds(state.withLock { $0.now }) }

  /// The wall clock of a process without skew.
  public var now: Moment { settings.startsAt + elapsed }

  public var trace: Trace { recorder.trace }

  /// Makes a process; nothing runs in it until it is started. Names should be unique: they name the
  /// random stream of the process.
  public func process(_ name: String) -> SimulatedProcess {
    let process = SimulatedProcess(name: name, world: self)
    state.withLock { $0.processes.append(process) }
    return process
  }

  public var processes: [SimulatedProcess] { state.withLock { $0.processes } }

  /// The stream with this name. Its draws depend on the seed and on nothing else that happens.
  public func stream(named name: String) -> WorldRandom {
    state.withLock { state in
      if let known = state.randoms[name] { return known }
      let random = WorldRandom(seed: seed, name: name, trace: recorder)
      state.randoms[name] = random
      return random
    }
  }

  /// Does something after a length of virtual time, outside of every process. The action must not
  /// wait. Events at one instant happen in the order in which they were scheduled.
  @discardableResult
  public func schedule(
    after length: Duration, _ action: @escaping @Sendable () -> Void
  ) -> ScheduledEvent {
    let event = ScheduledEvent(action)
    let delay = max(length.wholeMicroseconds, 0)
    state.withLock { $0.events.add(event, at: $0.now.addingSaturated(delay)) }
    return event
  }

  /// Puts a fact into the trace: what a fake changed or decided.
  public func note(_ label: StaticString, _ number: UInt64 = 0) {
    recorder.record(.note, label.description, number)
  }

  /// Puts a fact into the trace and counts it: that something worth reaching was reached, or that a
  /// fault has struck.
  public func mark(_ label: String, _ number: UInt64 = 0) {
    recorder.record(.note, label, number)
    probes.reach(label)
  }

  /// Ends the run with a failure, as soon as the job that runs now is over.
  public func fail(_ message: String) {
    state.withLock { $0.fail(.bodyFailed, seed: seed, message) }
  }

  /// Calls `observer` as a world event after an incarnation died; fakes drop its connections.
  public func onDeath(_ observer: @escaping @Sendable (Incarnation) -> Void) {
    state.withLock { $0.deathObservers.append(observer) }
  }

  /// Calls `closer` when the run is over, so that abandoned tasks do not keep a fake's content.
  public func onClose(_ closer: @escaping @Sendable () -> Void) {
    state.withLock { $0.closers.append(closer) }
  }

  /// Calls `forgetter` when nobody asks the world anything more.
  public func onForget(_ forgetter: @escaping @Sendable () -> Void) {
    state.withLock { $0.forgetters.append(forgetter) }
  }

  /// Empties the fakes of a world that is closed. Tasks that were abandoned keep what they refer to
  /// for ever: without this every world of a batch would stay in memory.
  public func forget() {
    let forgetters = state.withLock { state in
      defer {
        state.forgetters = []
        state.randoms = [:]
      }
      return state.forgetters
    }
    for forget in forgetters { forget() }
    telemetry.forget()
  }

  /// The incarnation whose job runs now, nil in world events.
  public var running: Incarnation? { state.withLock { $0.running } }

  /// Forgets everything that could still happen. Called at the end of `Simulation.run`.
  ///
  /// What is forgotten is let go outside of the lock: the end of an object may schedule an event.
  func close() {
    let closers = state.withLock { state in
      defer { state.closers = [] }
      return state.closers
    }
    for closer in closers { closer() }
    let incarnations = state.withLock { state in
      state.queues.removeAll()
      defer { state.incarnations = [] }
      return state.incarnations
    }
    for incarnation in incarnations { incarnation.forget() }
    while true {
      let (events, processes, observers) = state.withLock { state in
        state.waits = Waits()
        defer {
          state.events = EventQueue()
          state.processes = []
          state.deathObservers = []
        }
        return (state.events, state.processes, state.deathObservers)
      }
      for process in processes { process.forget() }
      if events.isEmpty && processes.isEmpty && observers.isEmpty { return }
    }
  }
}
