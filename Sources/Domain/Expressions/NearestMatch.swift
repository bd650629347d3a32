/// Finds what somebody most likely meant by a name that does not exist.
public enum NearestMatch {
  /// More candidates are not looked at, so that a large document full of mistakes stays cheap.
  public static let candidatesMax = 1_000

  /// The closest candidate by edits (insert, delete, replace, swap of neighbours), the first of
  /// equals; nil when none is closer than about a third of the name.
  public static func of(
    _ name: String, among candidates: some Sequence<String>
  ) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
    var distanceMax = max(1, wanted.count / 3)
    var best: String?
    for candidate in candidates.prefix(candidatesMax) {
      let found = Array(candidate.lowercased().unicodeScalars.prefix(64))
      guard abs(found.count - wanted.count) <= distanceMax else { continue }
      let edits = distance(wanted, found)
      // From the second on only a closer one counts, so that the first of equals stays.
      if edits < distanceMax || (best == nil && edits == distanceMax) {
        best = candidate
        distanceMax = edits
      }
    }
    return best
  }

  /// Optimal string alignment: three rows of the table are enough.
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, scalar) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var edits = min(last[column + 1] + 1, current[column] + 1)
        edits = min(edits, last[column] + (scalar == other ? 0 : 1))
        if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
          edits = min(edits, beforeLast[column - 1] + 1)
        }
        current.append(edits)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
