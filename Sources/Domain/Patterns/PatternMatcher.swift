/// Runs a program over one text.
struct PatternMatcher {
  private let program: PatternProgram
  /// Places where a scalar is awaited, or the end was reached; each place once.
  private var reached: [Int] = []
  /// The round in which a place was last entered, so that loops over nothing end.
  private var visits: [Int]
  private var round = 0
  private var pending: [Int] = []
  /// Places entered so far: the whole cost of matching, at most the size of the program for each
  /// scalar and one more.
  private(set) var stepsTaken = 0

  init(_ program: PatternProgram) {
    self.program = program
    visits = Array(repeating: 0, count: program.steps.count)
  }

  /// Nil when the answer would take more than `stepsMax` steps.
  mutating func matches(_ text: String, stepsMax: Int = .max) -> Bool? {
    let scalars = text.unicodeScalars
    var next = scalars.startIndex
    var current: [Int] = []
    round += 1
    enter(0, isAtStart: true, isAtEnd: scalars.isEmpty)
    while next != scalars.endIndex, !reached.isEmpty {
      guard stepsTaken <= stepsMax else { return nil }
      let scalar = scalars[next]
      next = scalars.index(after: next)
      let isAtEnd = next == scalars.endIndex
      swap(&current, &reached)
      reached.removeAll(keepingCapacity: true)
      round += 1
      for place in current {
        let step = program.steps[place]
        if step.kind == .take, program.takes(scalar, at: step) {
          enter(place + 1, isAtStart: false, isAtEnd: isAtEnd)
        }
      }
    }
    return next == scalars.endIndex && reached.contains { program.steps[$0].kind == .matched }
  }

  /// Follows forks, jumps and anchors from `start` to the places that await something.
  private mutating func enter(_ start: Int, isAtStart: Bool, isAtEnd: Bool) {
    pending.append(start)
    while let place = pending.popLast() {
      guard visits[place] != round else { continue }
      visits[place] = round
      stepsTaken += 1
      let step = program.steps[place]
      switch step.kind {
      case .take, .matched: reached.append(place)
      case .atStart: if isAtStart { pending.append(place + 1) }
      case .atEnd: if isAtEnd { pending.append(place + 1) }
      case .jump: pending.append(step.first)
      case .fork:
        pending.append(step.second)
        pending.append(step.first)
      }
    }
  }
}
