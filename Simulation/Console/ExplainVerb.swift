internal import SimulationWorld

/// `sim explain`: one page about a world that failed.
enum ExplainVerb {
  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let subject = try Subject(try Options(words, known: Subject.options))
    let chronicle = Chronicle()
    let (verdict, bundle) = subject.run(chronicle)
    Say.line(Explanation(bundle, chronicle).text)
    return ExitCode(signature: verdict.signature)
  }
}
