/// A pattern as steps of a machine that may be in many places at once.
struct PatternProgram: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    /// Takes a scalar of the set and goes on.
    case take(ScalarSet)
    /// Goes on at the start, and at the end, of the text only.
    case atStart
    case atEnd
    case fork(Int, Int)
    case jump(Int)
    case matched
  }

  private(set) var steps: [Step] = []

  init(_ tree: PatternTree) {
    append(tree)
    steps.append(.matched)
  }

  private mutating func append(_ tree: PatternTree) {
    switch tree {
    case .scalar(let set): steps.append(.take(set))
    case .start: steps.append(.atStart)
    case .end: steps.append(.atEnd)
    case .sequence(let parts): for part in parts { append(part) }
    case .choice(let parts): append(choice: parts[...])
    case .repetition(let part, let least, let most): append(part, least: least, most: most)
    }
  }

  private mutating func append(choice parts: ArraySlice<PatternTree>) {
    var exits: [Int] = []
    for (place, part) in zip(parts.indices, parts) {
      guard place < parts.endIndex - 1 else {
        append(part)
        break
      }
      let fork = steps.count
      steps.append(.jump(0))
      append(part)
      exits.append(steps.count)
      steps.append(.jump(0))
      steps[fork] = .fork(fork + 1, steps.count)
    }
    for exit in exits { steps[exit] = .jump(steps.count) }
  }

  private mutating func append(_ part: PatternTree, least: Int, most: Int?) {
    for _ in 0..<least { append(part) }
    guard let most else {
      let fork = steps.count
      steps.append(.jump(0))
      append(part)
      steps.append(.jump(fork))
      steps[fork] = .fork(fork + 1, steps.count)
      return
    }
    var forks: [Int] = []
    for _ in least..<most {
      forks.append(steps.count)
      steps.append(.jump(0))
      append(part)
    }
    for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
  }
}
