internal import Domain
internal import Ports
internal import Synchronization

/// Runs a test body in a world of its own.
///
/// ```swift
/// @Test(arguments: 1...20) func `a lease is taken over`(seed: UInt64) throws {
///   try Simulation.run(seed: seed) { world in
///     let store = FakeRecordStore(world, tables: SchedulerTables.all)
///     let scheduler = world.process("scheduler")
///     scheduler.start { environment in try await serve(environment, store) }
///     scheduler.restart(after: .seconds(2))
///     try await world.wait(for: "the lease to move", within: .seconds(10)) { … }
///   }
/// }
/// ```
public enum Simulation {
  /// Runs the body as the process `test` and drives the world until it returns, without any real
  /// time passing. Other processes are abandoned then.
  ///
  /// - Throws: `SimulationError`, which names the seed; what the body threw is its `underlying`.
  @discardableResult
  public static func run<Answer: Sendable>(
    seed: UInt64, settings: SimulationSettings = SimulationSettings(),
    _ body: @escaping @Sendable (SimulatedWorld) async throws -> Answer
  ) throws(SimulationError) -> Answer {
    try traced(seed: seed, settings: settings, body).answer
  }

  /// Like `run`, and gives the trace back.
  public static func traced<Answer: Sendable>(
    seed: UInt64, settings: SimulationSettings = SimulationSettings(),
    _ body: @escaping @Sendable (SimulatedWorld) async throws -> Answer
  ) throws(SimulationError) -> (answer: Answer, trace: Trace) {
    let world = SimulatedWorld(seed: seed, settings: settings)
    let outcome = Outcome<Answer>()
    world.process("test").start(mayFail: true) { _ in
      do {
        outcome.set(.success(try await body(world)))
      } catch {
        outcome.set(.failure(error))
      }
    }
    defer { world.close() }
    try world.run(until: { outcome.isSet })
    switch outcome.result {
    case .success(let answer)?:
      return (answer, world.trace)
    case .failure(let error as SimulationError)?:
      throw error
    case .failure(let error)?:
      throw SimulationError(
        .bodyFailed, seed: seed, at: world.elapsed, message: "\(error)", underlying: error)
    case nil:
      throw SimulationError(
        .deadlock, seed: seed, at: world.elapsed, message: "the body has no outcome")
    }
  }

  /// Runs the body twice in the same way.
  ///
  /// - Throws: `.nondeterministic` when the second run took another way, saying where.
  public static func checkDeterminism(
    seed: UInt64, settings: SimulationSettings = SimulationSettings(),
    _ body: @escaping @Sendable (SimulatedWorld) async throws -> Void
  ) throws(SimulationError) {
    var settings = settings
    settings.keepsTraceEntries = true
    let first = try traced(seed: seed, settings: settings, body).trace
    let second = try traced(seed: seed, settings: settings, body).trace
    guard let place = first.firstDifference(from: second) else { return }
    let sides = [first, second].map { trace in
      trace.entries.indices.contains(place) ? "\(trace.entries[place])" : "nothing"
    }
    throw SimulationError(
      .nondeterministic, seed: seed, at: .zero,
      message: "two runs differ from entry \(place) on: \(sides[0]) and \(sides[1])")
  }
}

/// Where the body of a run puts what it came to.
private final class Outcome<Answer: Sendable>: Sendable {
  private let stored = Mutex<Result<Answer, any Error>?>(nil)
  /// Asked after every step of a world.
  private let hasResult = Atomic(false)

  var isSet: Bool { hasResult.load(ordering: .acquiring) }
  var result: Result<Answer, any Error>? { stored.withLock { $0 } }

  func set(_ result: Result<Answer, any Error>) {
    stored.withLock { $0 = result }
    hasResult.store(true, ordering: .releasing)
  }
}

extension SimulatedWorld {
  /// Waits in virtual time until a condition holds, asking every `interval`.
  ///
  /// - Throws: `SimulationError` with the cause `.waitedInVain` after `within`; what the condition
  ///   throws passes through.
  public func wait(
    for what: String, within: Duration, every interval: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
  ) async throws {
    let time = here.time
    let deadline = time.uptime() + within
    while try await !condition() {
      guard time.uptime() < deadline else {
        let report = state.withLock { $0.report }
        throw SimulationError(
          .waitedInVain, seed: seed, at: elapsed,
          message: "waited \(within) in vain for \(what)\n\(report)")
      }
      try await time.sleep(for: interval)
    }
  }
}
