internal import Domain
internal import SimulationOracles
internal import SimulationScenarios
internal import SimulationWorld
internal import Synchronization
internal import SystemAdapter

/// Worlds in portions, each run by a child for which one of several threads waits, and what became
/// of them.
final class Batch: Sendable {
  private struct State {
    var taken = 0
    var done = 0
    var length = Duration.zero
    var attempts = 0
    var failures: [(seed: UInt64, profile: String, signature: String, message: String)] = []
    var struck: SortedMap<String, Int> = [:]
    var judged: SortedMap<String, Int> = [:]
    var marks: SortedMap<String, Int> = [:]
    var newMarks = 0
    var reach = Reach()
    var study: Study?
    /// What happened in the worlds of each source.
    var seen: SortedMap<String, SortedSet<String>> = [:]
    var worlds: SortedMap<String, Int> = [:]
    /// The bundle of the first failure of each kind.
    var bundles: SortedMap<String, String> = [:]
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
  /// What a scenario expects must have happened once it had so many worlds.
  private static let worldsToExpect = 20

  // MARK: In a child

  /// Runs some worlds, and writes a line before and after each.
  func run(_ portion: Portion) {
    for place in portion.places {
      let (source, seed) = world(place)
      Say.line("begin \(place)")
      var world = WorldRun(seed: seed, source.draw(seed))
      world.isCanary = hasCanary && (first &+ UInt64(place)) % Batch.canaryEvery == 0
      Say.line(WorldSummary(world.run()).json)
    }
  }

  private func world(_ place: Int) -> (source: WorldSource, seed: UInt64) {
    let seed = first &+ UInt64(place)
    let source = sources[Int(seed % UInt64(sources.count))]
    return (source, source.pinned ?? seed)
  }

  // MARK: In the parent

  /// Has a child run the next worlds; false when there are none.
  func next() throws(Refusal) -> Bool {
    guard var places = nextPlaces() else { return false }
    while !places.isEmpty, mayGoOn {
      places = try run(places)
    }
    return true
  }

  private var mayGoOn: Bool {
    ProcessClock.uptime() < until
      && state.withLock { !endsAtFailure || $0.failures.isEmpty }
  }

  private func nextPlaces() -> Range<Int>? {
    guard mayGoOn else { return nil }
    return state.withLock { state in
      guard state.taken < seeds else { return nil }
      // Small portions in the beginning and the end, so that all children have work.
      let size = min(max((seeds - state.taken) / 8, 1), Portion.worldsMax)
      let begin = state.taken
      state.taken = min(begin + size, seeds)
      return begin..<state.taken
    }
  }

  /// - Returns: the places that are left because the child died in one before them.
  private func run(_ places: Range<Int>) throws(Refusal) -> Range<Int> {
    let child = try ChildProcess(Portion(places, first: first).assignment)
    var begun: Int?
    while let line = child.nextLine() {
      if let place = Batch.place(line) {
        begun = place
        continue
      }
      guard let place = begun, let summary = try? WorldSummary(json: line) else { continue }
      take(summary, world(place).source)
      begun = nil
      guard mayGoOn else {
        child.kill()
        _ = child.wait()
        return places.upperBound..<places.upperBound
      }
    }
    guard let why = child.wait() else { return places.upperBound..<places.upperBound }
    guard let place = begun else {
      throw Refusal("a child could not run its worlds: \(why)", fix: "sim replay", code: .crash)
    }
    let (source, seed) = world(place)
    take(WorldSummary(crashed: seed, why), source)
    return (place + 1)..<places.upperBound
  }

  /// The place in `begin 17`.
  private static func place(_ line: [UInt8]) -> Int? {
    let text = String(decoding: line.prefix(40), as: UTF8.self)
    return text.hasPrefix("begin ") ? Int(text.dropFirst(6)) : nil
  }

  private func take(_ verdict: WorldSummary, _ source: WorldSource) {
    let happened =
      verdict.struck.keys.map { "struck \($0)" } + verdict.marks.keys.map { "reached \($0)" }
      + verdict.judged.keys.map { "judged \($0)" }
    let line = state.withLock { state -> String? in
      state.done += 1
      state.length += verdict.length
      state.attempts += verdict.attempts
      for (name, count) in verdict.struck { state.struck[name, default: 0] += count }
      for (name, count) in verdict.judged { state.judged[name, default: 0] += count }
      for (name, count) in verdict.marks {
        if state.marks[name] == nil { state.newMarks += 1 }
        state.marks[name, default: 0] += count
      }
      state.reach.add(verdict.reach)
      if let study = verdict.study {
        var sum = state.study ?? Study()
        sum.add(study)
        state.study = sum
      }
      var seen = state.seen[source.name] ?? []
      for word in happened { seen.insert(word) }
      state.seen[source.name] = seen
      state.worlds[source.name, default: 0] += 1
      if !verdict.isGood {
        state.failures.append((verdict.seed, source.name, verdict.signature, verdict.message))
      }
      let now = ProcessClock.uptime()
      guard now - state.toldAt >= .seconds(5) || state.done == seeds else { return nil }
      state.toldAt = now
      defer { state.newMarks = 0 }
      return progress(state)
    }
    if !verdict.isGood { tell(verdict, source) }
    if let line { Say.error(line) }
  }

  private func tell(_ verdict: WorldSummary, _ source: WorldSource) {
    let path = "\(folder)/\(verdict.signature)/\(source.name)-\(verdict.seed).json"
    Say.line("✘ seed \(verdict.seed) \(source.words): \(verdict.message)")
    do throws(Refusal) {
      try Files.write(path, verdict.bundle(of: source.draw(verdict.seed)).json + "\n")
      Say.line("  \(Say.program) explain \(path)")
      state.withLock { state in
        if state.bundles[verdict.signature] == nil { state.bundles[verdict.signature] = path }
      }
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
          + "\(state.judged.count) of \(Invariants.all.count) invariants had something to judge, "
          + "\(state.marks.count) marks")
      var kinds: SortedMap<String, Int> = [:]
      for failure in state.failures { kinds[failure.signature, default: 0] += 1 }
      for (signature, count) in kinds { lines.append("  \(count) × \(signature)") }
      if let study = state.study {
        lines += ["", StudyText(study, reach: state.reach, struck: state.struck).text]
      }
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
        "study": state.study.map(StudyText.value) ?? .null,
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

  var bundles: SortedMap<String, String> { state.withLock { $0.bundles } }
  var done: Int { state.withLock { $0.done } }
  var struck: SortedMap<String, Int> { state.withLock { $0.struck } }
  var reach: Reach { state.withLock { $0.reach } }
  var marks: SortedMap<String, Int> { state.withLock { $0.marks } }

  /// What scenarios say must happen, and did not in any of their worlds.
  var missed: [String] {
    state.withLock { state in
      sources.flatMap { source -> [String] in
        guard let seen = state.seen[source.name],
          state.worlds[source.name] ?? 0 >= Batch.worldsToExpect
        else { return [] }
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
