internal import Domain

/// Everything of a world that changes, behind its one lock.
struct WorldState {
  /// Microseconds since the start of the world.
  var now: Int64 = 0
  var events = EventQueue()
  var queues = ReadyQueues()
  var scheduler: RandomStream
  var randoms: SortedMap<String, WorldRandom> = [:]
  var processes: [SimulatedProcess] = []
  /// In the order of their numbers.
  var incarnations: [Incarnation] = []
  /// The incarnation whose job runs now; nil between jobs.
  var running: Incarnation?
  /// Where the driving loop stands on its thread's stack; nil while nobody drives.
  var drivingPlace: UInt?
  var failure: SimulationError?
  var stepsTaken = 0
  var stepsAtThisInstant = 0
  /// What tasks wait for.
  var waits = Waits()
  var deathObservers: [@Sendable (Incarnation) -> Void] = []
  var closers: [@Sendable () -> Void] = []
  var forgetters: [@Sendable () -> Void] = []

  init(seed: UInt64) {
    scheduler = RandomStream(seed: seed, name: "scheduler")
  }

  /// The first failure counts: what follows it is noise.
  mutating func fail(
    _ cause: SimulationError.Cause, seed: UInt64, _ message: String,
    underlying: (any Error)? = nil
  ) {
    guard failure == nil else { return }
    failure = SimulationError(
      cause, seed: seed, at: .microseconds(now), message: message, underlying: underlying)
  }

  /// `scheduler/2 is running and waits for records.get (3), sleep`, one line per living process.
  var report: String {
    var lines: [String] = []
    for incarnation in incarnations {
      let mode = queues.mode(of: incarnation.number)
      guard mode != .dead else { continue }
      var labels: SortedMap<String, Int> = [:]
      for label in waits.labels(of: incarnation.number) { labels[label, default: 0] += 1 }
      let waited = labels.map { $1 == 1 ? $0 : "\($0) (\($1))" }
      let what =
        waited.isEmpty
        ? "waits for nothing simulated" : "waits for " + waited.joined(separator: ", ")
      lines.append("  \(incarnation) is \(mode) and \(what)")
    }
    return lines.joined(separator: "\n")
  }
}
