internal import Domain
internal import Glibc
internal import SimulationWorld

/// `sim replay`: one world again, line by line.
enum ReplayVerb {
  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(
      words, known: Subject.options + ["until", "inspect"], flags: ["step"])
    let until = try options.count("until", default: 86_400, 0...86_400)
    let subject = try Subject(options)
    let chronicle = Chronicle()
    let (verdict, bundle) = subject.run(chronicle)
    for entry in chronicle.entries {
      guard entry.at <= .seconds(until) else { break }
      if let part = options["inspect"], !entry.text.contains(part) { continue }
      Say.line("\(entry)")
      if options.has("step"), getchar() == EOF { break }
    }
    Say.line("\(bundle.message)\ntrace \(bundle.trace)")
    if let trace = subject.trace, trace != bundle.trace {
      Say.error(
        "error: the world took another way than when the bundle was made (\(trace))\n"
          + "fix: bundles are replayed by the version that made them")
      return .nondeterministic
    }
    return ExitCode(signature: verdict.signature)
  }
}
