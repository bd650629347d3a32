internal import Domain
internal import Ports

/// Several values as one text that sorts as they do: one field to compare, to sort by and to go on
/// behind, instead of a disjunction over several.
enum SortableText {
  /// Jobs by the instant of their creation, then by their run.
  static func job(_ createdAt: Moment, _ run: RunID) -> String {
    "\(moment(createdAt))~\(run.text)"
  }

  /// Comes before every job of that instant and behind every earlier one.
  static func moment(_ moment: Moment) -> String {
    // As a number without sign, so that instants before 1970 come first.
    let digits = String(UInt64(bitPattern: moment.microseconds) ^ (1 << 63), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Tasks by their names, then by the numbers of their instances. The blank comes before whatever
  /// a name may go on with.
  static func task(_ key: TaskKey) -> String {
    let digits = String((key.index ?? -1) + 1)
    return "\(key.name.text) " + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }
}
