internal import Domain
internal import Glibc
internal import SimulationScenarios
internal import SimulationWorld
internal import Synchronization
internal import SystemAdapter

/// `sim run`: many worlds, several at once.
enum RunVerb {
  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(
      words, known: ["seeds", "from", "profile", "jobs", "time-limit", "failures"],
      flags: ["json", "first-failure"])
    let seeds = try options.count("seeds", default: 100, 1...100_000_000)
    let first = try options.seed("from") ?? RunVerb.freshSeed
    let jobs = try options.count("jobs", default: 2, 1...256)
    let limit = try options.count("time-limit", default: 86_400, 1...604_800)
    let profiles =
      if let name = options["profile"] { [try Subject.profile(name)] } else { Profiles.all }
    let name = options["profile"].map { " --profile \($0)" } ?? ""
    Say.error("sim run --from \(first) --seeds \(seeds)\(name)")
    let batch = Batch(
      first: first, seeds: seeds, profiles: profiles,
      failures: options["failures"] ?? "sim-failures",
      until: ProcessClock.uptime() + .seconds(limit), endsAtFailure: options.has("first-failure"))
    let threads = (0..<min(jobs, seeds)).compactMap { number in
      try? OwnThread("worlds-\(number)") { while batch.next() {} }
    }
    guard !threads.isEmpty else { throw Refusal("no thread can be started", fix: "--jobs 1") }
    for thread in threads { thread.join() }
    Say.line(options.has("json") ? batch.json : batch.summary)
    return batch.code
  }

  /// Another one each time, and printed before anything runs.
  private static var freshSeed: UInt64 {
    SystemRandomness().next() >> 1
  }
}
