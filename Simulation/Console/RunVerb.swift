internal import Domain
internal import Glibc
internal import SimulationScenarios
internal import SimulationWorld
internal import Synchronization
internal import SystemAdapter

/// `sim run`: many worlds, several at once.
enum RunVerb {
  /// Which worlds, how many, and how long.
  static let options = WorldSource.options + ["seeds", "from", "jobs", "time-limit"]

  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(
      words,
      known: RunVerb.options + ["failures"],
      flags: ["json", "first-failure", "canary", "no-shrink"])
    let batch = try worlds(options, seedsUsual: 100)
    Say.line(options.has("json") ? batch.json : batch.summary)
    for missed in batch.missed { Say.error("error: \(missed)") }
    if !options.has("json"), !options.has("no-shrink") { try shrink(batch) }
    return batch.code
  }

  /// The first world of each kind of failure, made as small as it gets within a minute.
  private static func shrink(_ batch: Batch) throws(Refusal) {
    for (signature, path) in batch.bundles where signature != "canary" && signature != "crash" {
      Say.error("shrinking the first \(signature) …")
      _ = try ShrinkVerb.run([path])
    }
  }

  /// Runs the worlds that the options ask for, in children. Does not return in a child.
  static func worlds(_ options: Options, seedsUsual: Int) throws(Refusal) -> Batch {
    let seeds = try options.count("seeds", default: seedsUsual, 1...100_000_000)
    let wanted = try options.seed("from")
    let first = Portion.own?.first ?? wanted ?? RunVerb.freshSeed
    let jobs = try options.count("jobs", default: 2, 1...256)
    let limit = try options.count("time-limit", default: 86_400, 1...604_800)
    let sources = try WorldSource.named(options)
    let names = WorldSource.options.compactMap { name in options[name].map { " --\(name) \($0)" } }
    if Portion.own == nil {
      Say.error("\(Say.program) run --from \(first) --seeds \(seeds)\(names.joined())")
    }
    let batch = Batch(
      first: first, seeds: seeds, sources: sources,
      failures: options["failures"] ?? "sim-failures",
      until: ProcessClock.uptime() + .seconds(limit), endsAtFailure: options.has("first-failure"),
      hasCanary: options.has("canary"))
    if let portion = Portion.own {
      batch.run(portion)
      // The parent says what came of it.
      exit(0)
    }
    let refused = Mutex<Refusal?>(nil)
    let threads = (0..<min(jobs, seeds)).compactMap { number in
      try? OwnThread("worlds-\(number)") {
        do throws(Refusal) {
          while try batch.next() {}
        } catch {
          refused.withLock { $0 = error }
        }
      }
    }
    guard !threads.isEmpty else { throw Refusal("no thread can be started", fix: "--jobs 1") }
    for thread in threads { thread.join() }
    if let refusal = refused.withLock({ $0 }) { throw refusal }
    return batch
  }

  /// Another one each time, and printed before anything runs.
  private static var freshSeed: UInt64 {
    SystemRandomness().next() >> 1
  }
}
