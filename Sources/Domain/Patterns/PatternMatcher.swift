/// Runs a program over one text.
struct PatternMatcher {
  private let program: PatternProgram
  /// Places where a scalar is awaited, or the end was reached; each place once.
  private var places: [Int] = []
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
    places = enter([0], isAtStart: true, isAtEnd: scalars.isEmpty)
    while next != scalars.endIndex, !places.isEmpty {
      guard stepsTaken <= stepsMax else { return nil }
      let scalar = scalars[next]
      next = scalars.index(after: next)
      var entries: [Int] = []
      for place in places {
        if case .take(let set) = program.steps[place], set.contains(scalar) {
          entries.append(place + 1)
        }
      }
      places = enter(entries, isAtStart: false, isAtEnd: next == scalars.endIndex)
    }
    return next == scalars.endIndex && places.contains { program.steps[$0] == .matched }
  }

  /// Follows forks, jumps and anchors from `entries` to the places that await something.
  private mutating func enter(_ entries: [Int], isAtStart: Bool, isAtEnd: Bool) -> [Int] {
    round += 1
    var reached: [Int] = []
    pending = entries.reversed()
    while let place = pending.popLast() {
      guard visits[place] != round else { continue }
      visits[place] = round
      stepsTaken += 1
      switch program.steps[place] {
      case .take, .matched: reached.append(place)
      case .atStart: if isAtStart { pending.append(place + 1) }
      case .atEnd: if isAtEnd { pending.append(place + 1) }
      case .jump(let target): pending.append(target)
      case .fork(let first, let second): pending += [second, first]
      }
    }
    return reached
  }
}
