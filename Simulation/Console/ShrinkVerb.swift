internal import Domain
internal import SimulationWorld
internal import SystemAdapter

/// `sim shrink`: the smallest world that fails in the same way.
enum ShrinkVerb {
  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(words, known: Subject.options + ["time-limit", "to"])
    let limit = try options.count("time-limit", default: 60, 1...86_400)
    var subject = try Subject(options)
    let (verdict, _) = subject.run()
    guard !verdict.isGood else {
      Say.line("everything held: there is nothing to shrink")
      return .good
    }
    let until = ProcessClock.uptime() + .seconds(limit)
    let before = subject.plan.faults.count
    var shrinker = Shrinker(
      seed: subject.seed, signature: verdict.signature,
      mayGoOn: { ProcessClock.uptime() < until },
      report: { plan, fails in
        if fails { Say.error("  still fails with \(plan.faults.count) faults") }
      })
    subject.plan = shrinker.shrink(subject.plan)
    let (last, bundle) = subject.run()
    let path = options["to"] ?? "sim-failures/\(verdict.signature)/shrunk-\(subject.seed).json"
    try Files.write(path, bundle.json + "\n")
    Say.line(
      "\(before) faults became \(subject.plan.faults.count) in \(shrinker.tried) worlds\n"
        + "  \(Say.program) explain \(path)")
    return ExitCode(signature: last.signature)
  }
}
