/// A pattern as steps of a machine that may be in many places at once.
struct PatternProgram: Hashable, Sendable {
  /// Plain numbers throughout, so that the matcher copies steps without counting references.
  struct Step: Hashable, Sendable {
    enum Kind: UInt8, Hashable, Sendable {
      /// Takes a scalar of a set and goes on.
      case take
      /// Goes on at the start, and at the end, of the text only.
      case atStart, atEnd
      /// Goes on at two targets, or at one.
      case fork, jump
      case matched
    }

    var kind: Kind
    /// Of `take`: the place of the set. Of `fork` and `jump`: the place of the next step.
    var first = 0
    /// Of `fork`: the place of the other step.
    var second = 0
    /// Of `take`: which of the scalars 0 to 63 and 64 to 127 are in the set.
    var low: UInt64 = 0
    var high: UInt64 = 0
  }

  private(set) var steps: [Step] = []
  private(set) var sets: [ScalarSet] = []

  init(_ tree: PatternTree) {
    append(tree)
    steps.append(Step(kind: .matched))
  }

  /// Whether a `take` step takes the scalar.
  func takes(_ scalar: Unicode.Scalar, at step: Step) -> Bool {
    if scalar.value < 64 { return step.low >> UInt64(scalar.value) & 1 == 1 }
    if scalar.value < 128 { return step.high >> UInt64(scalar.value - 64) & 1 == 1 }
    return sets[step.first].contains(scalar)
  }

  private mutating func append(_ tree: PatternTree) {
    switch tree {
    case .scalar(let set): append(set)
    case .start: steps.append(Step(kind: .atStart))
    case .end: steps.append(Step(kind: .atEnd))
    case .sequence(let parts): for part in parts { append(part) }
    case .choice(let parts): append(choice: parts[...])
    case .repetition(let part, let least, let most): append(part, least: least, most: most)
    }
  }

  private mutating func append(_ set: ScalarSet) {
    var step = Step(kind: .take, first: sets.count)
    for value in UInt8(0)..<128 where set.contains(Unicode.Scalar(value)) {
      if value < 64 { step.low |= 1 << UInt64(value) } else { step.high |= 1 << UInt64(value - 64) }
    }
    // Repetition writes the same set many times in a row.
    if sets.last == set { step.first -= 1 } else { sets.append(set) }
    steps.append(step)
  }

  private mutating func append(choice parts: ArraySlice<PatternTree>) {
    var exits: [Int] = []
    for (place, part) in zip(parts.indices, parts) {
      guard place < parts.endIndex - 1 else {
        append(part)
        break
      }
      let fork = reserve()
      append(part)
      exits.append(reserve())
      steps[fork] = Step(kind: .fork, first: fork + 1, second: steps.count)
    }
    for exit in exits { steps[exit] = Step(kind: .jump, first: steps.count) }
  }

  private mutating func append(_ part: PatternTree, least: Int, most: Int?) {
    for _ in 0..<least { append(part) }
    guard let most else {
      let fork = reserve()
      append(part)
      steps.append(Step(kind: .jump, first: fork))
      steps[fork] = Step(kind: .fork, first: fork + 1, second: steps.count)
      return
    }
    var forks: [Int] = []
    for _ in least..<most {
      forks.append(reserve())
      append(part)
    }
    for fork in forks { steps[fork] = Step(kind: .fork, first: fork + 1, second: steps.count) }
  }

  /// The place of a step whose targets are not known yet.
  private mutating func reserve() -> Int {
    steps.append(Step(kind: .jump))
    return steps.count - 1
  }
}
