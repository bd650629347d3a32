/// A pattern as it was read.
indirect enum PatternTree: Hashable, Sendable {
  case scalar(ScalarSet)
  /// `^` and `$`: nothing stands before, nothing stands after.
  case start
  case end
  case sequence([PatternTree])
  case choice([PatternTree])
  /// `most` is nil when there is no upper bound.
  case repetition(PatternTree, least: Int, most: Int?)

  /// How many steps the program of this tree has, `matched` not counted; at most `limit + 1`.
  func size(limit: Int) -> Int {
    let size: Int
    switch self {
    case .scalar, .start, .end:
      size = 1
    case .sequence(let parts):
      size = parts.reduce(0) { min($0 + $1.size(limit: limit), limit + 1) }
    case .choice(let parts):
      // A fork before and a jump after each branch but the last.
      size = parts.reduce(-2) { min($0 + $1.size(limit: limit) + 2, limit + 1) }
    case .repetition(let part, let least, let most):
      let one = part.size(limit: limit)
      // Neither factor is beyond a few thousand, so the products fit.
      let optional = most.map { ($0 - least) * (one + 1) } ?? one + 2
      size = least * one + optional
    }
    return min(size, limit + 1)
  }
}
