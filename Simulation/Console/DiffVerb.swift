internal import Domain
internal import SimulationWorld

/// `sim diff`: where two worlds part, by what happened in them.
enum DiffVerb {
  private static let linesBefore = 8

  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(words, known: Subject.options)
    guard options.operands.count == 2 else {
      throw Refusal("two seeds or bundles are needed", fix: "sim diff A.json B.json")
    }
    let sides = try options.operands.map { word throws(Refusal) in
      let chronicle = Chronicle()
      let subject = try Subject(word, options)
      return (bundle: subject.run(chronicle).bundle, entries: chronicle.entries)
    }
    let (one, other) = (sides[0], sides[1])
    if one.bundle.plan != other.bundle.plan { Say.line("their plans differ") }
    if one.bundle.trace == other.bundle.trace {
      Say.line("both went the same way: trace \(one.bundle.trace)")
      return .good
    }
    let place = zip(one.entries, other.entries).enumerated().first { $1.0 != $1.1 }?.offset
    let parted = place ?? min(one.entries.count, other.entries.count)
    for entry in one.entries[max(parted - linesBefore, 0)..<parted] { Say.line("  \(entry)") }
    for (mark, entries) in [("<", one.entries), (">", other.entries)] {
      let line = parted < entries.count ? "\(entries[parted])" : "nothing more"
      Say.line("\(mark) \(line)")
    }
    return .nondeterministic
  }
}
