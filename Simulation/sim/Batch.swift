internal import Domain
internal import SimulationOracles
internal import SimulationScenarios
internal import SimulationWorld
internal import Synchronization
internal import SystemAdapter

/// Worlds one after the other, taken by as many threads as there are, and what became of them.
final class Batch: Sendable {
  private struct State {
    var taken = 0
    var done = 0
    var length = Duration.zero
    var attempts = 0
    var failures: [(seed: UInt64, profile: String, signature: String, message: String)] = []
    var struck: SortedMap<String, Int> = [:]
    var looks: SortedMap<InvariantName, Int> = [:]
    var marks: SortedMap<String, Int> = [:]
    var newMarks = 0
    var reach = Reach()
    /// What happened in the worlds of each source.
    var seen: SortedMap<String, SortedSet<String>> = [:]
    var toldAt = Uptime.start
  }

  private let first: UInt64
  private let seeds: Int
  private let sources: [WorldSource]
  private let folder: String
  private let until: Uptime
  private let endsAtFailure: Bool
  private let hasCanary: Bool
  private let begun = ProcessClock.uptime()
  private let state = Mutex(State())

  init(
    first: UInt64, seeds: Int, sources: [WorldSource], failures: String, until: Uptime,
    endsAtFailure: Bool, hasCanary: Bool = false
  ) {
    self.first = first
    self.seeds = seeds
    self.sources = sources
    folder = failures
    self.until = until
    self.endsAtFailure = endsAtFailure
    self.hasCanary = hasCanary
  }

  /// One world in so many is made to fail when there is a canary.
  private static let canaryEvery: UInt64 = 10

  /// Runs the next world; false when there is none.
  func next() -> Bool {
    guard ProcessClock.uptime() < until,
      let number = state.withLock({ state -> Int? in
        guard state.taken < seeds, !endsAtFailure || state.failures.isEmpty else { return nil }
        state.taken += 1
        return state.taken - 1
      })
    else { return false }
    let seed = first &+ UInt64(number)
    let source = sources[Int(seed % UInt64(sources.count))]
    let taken = source.pinned ?? seed
    let plan = source.draw(taken)
    var world = WorldRun(seed: taken, plan)
    world.isCanary = hasCanary && seed % Batch.canaryEvery == 0
    take(world.run(), plan, source)
    return true
  }

  private func take(_ verdict: Verdict, _ plan: WorldPlan, _ source: WorldSource) {
    let happened =
      verdict.struck.keys.map { "struck \($0)" } + verdict.marks.keys.map { "reached \($0)" }
      + verdict.looks.keys.map { "judged \($0.words)" }
    let line = state.withLock { state -> String? in
      state.done += 1
      state.length += verdict.length
      state.attempts += verdict.attempts
      for (name, count) in verdict.struck { state.struck[name, default: 0] += count }
      for (name, count) in verdict.looks { state.looks[name, default: 0] += count }
      for (name, count) in verdict.marks {
        if state.marks[name] == nil { state.newMarks += 1 }
        state.marks[name, default: 0] += count
      }
      state.reach.add(verdict.reach)
      var seen = state.seen[source.name] ?? []
      for word in happened { seen.insert(word) }
      state.seen[source.name] = seen
      if !verdict.isGood {
        state.failures.append((verdict.seed, plan.profile, verdict.signature, verdict.message))
      }
      let now = ProcessClock.uptime()
      guard now - state.toldAt >= .seconds(5) || state.done == seeds else { return nil }
      state.toldAt = now
      defer { state.newMarks = 0 }
      return progress(state)
    }
    if !verdict.isGood { tell(verdict, plan, source) }
    if let line { Say.error(line) }
  }

  private func tell(_ verdict: Verdict, _ plan: WorldPlan, _ source: WorldSource) {
    let path = "\(folder)/\(verdict.signature)/\(plan.profile)-\(verdict.seed).json"
    Say.line("✘ seed \(verdict.seed) \(source.words): \(verdict.message)")
    do throws(Refusal) {
      try Files.write(path, verdict.bundle(of: plan).json + "\n")
      Say.line("  sim explain \(path)")
    } catch {
      Say.error("error: \(error.what)")
    }
  }

  // MARK: Figures

  private var seconds: Int64 { max((ProcessClock.uptime() - begun).wholeMicroseconds, 1) }

  private func progress(_ state: State) -> String {
    let rate = Batch.tenths(Int64(state.done) * 10_000_000 / seconds)
    let speed = state.length.wholeMicroseconds / seconds
    return "\(state.done)/\(seeds) seeds, \(rate) seeds/s, \(speed)× real time, "
      + "\(state.failures.count) failed, \(state.newMarks) marks newly reached"
  }

  private static func tenths(_ number: Int64) -> String { "\(number / 10).\(number % 10)" }

  var summary: String {
    state.withLock { state in
      var lines = [progress(state)]
      lines.append(
        "\(state.attempts) attempts, \(state.struck.count) kinds of faults struck, "
          + "\(state.looks.count) of \(Invariants.all.count) invariants had something to judge, "
          + "\(state.marks.count) marks")
      var kinds: SortedMap<String, Int> = [:]
      for failure in state.failures { kinds[failure.signature, default: 0] += 1 }
      for (signature, count) in kinds { lines.append("  \(count) × \(signature)") }
      return lines.joined(separator: "\n")
    }
  }

  var json: String {
    state.withLock { state in
      Value.object([
        "seeds": .integer(Int64(state.done)), "from": .string(String(first)),
        "seconds": .integer(seconds / 1_000_000),
        "milliseedsPerSecond": .integer(Int64(state.done) * 1_000_000_000 / seconds),
        "simulatedSeconds": .integer(state.length.wholeMicroseconds / 1_000_000),
        "attempts": .integer(Int64(state.attempts)),
        "struck": .object(state.struck.mapValues { .integer(Int64($0)) }),
        "marks": .object(state.marks.mapValues { .integer(Int64($0)) }),
        "failures": .array(
          state.failures.map { failure in
            .object([
              "seed": .string(String(failure.seed)), "profile": .string(failure.profile),
              "signature": .string(failure.signature), "message": .string(failure.message),
            ])
          }),
      ]).json
    }
  }

  var done: Int { state.withLock { $0.done } }
  var struck: SortedMap<String, Int> { state.withLock { $0.struck } }
  var reach: Reach { state.withLock { $0.reach } }
  var marks: SortedMap<String, Int> { state.withLock { $0.marks } }

  /// What scenarios say must happen, and did not in any of their worlds.
  var missed: [String] {
    state.withLock { state in
      sources.flatMap { source -> [String] in
        guard let seen = state.seen[source.name] else { return [] }
        let expects = source.expects
        let words =
          expects.struck.map { "struck \($0)" } + expects.reached.map { "reached \($0)" }
          + expects.judged.map { "judged \($0)" }
        return words.filter { !seen.contains($0) }.map {
          "in no world of \(source.name) it \($0), as the scenario expects"
        }
      }
    }
  }

  private var isCutOff: Bool {
    state.withLock { $0.done < seeds && !(endsAtFailure && !$0.failures.isEmpty) }
  }

  /// That of the first failure.
  var code: ExitCode {
    if let failure = state.withLock({ $0.failures.first }) {
      return ExitCode(signature: failure.signature)
    }
    if !missed.isEmpty { return .coverage }
    return isCutOff ? .limit : .good
  }
}
