/// How soon tasks of a run get their turn among those that wait for the same workers. None waits
/// for ever behind others: a higher priority is a head start and a larger share, never a wall.
public enum Priority: String, Hashable, Comparable, Sendable, CaseIterable {
  case low, normal, high, urgent

  /// Turns that runs of this priority get while those of the others get theirs.
  public var share: Int {
    switch self {
    case .low: 1
    case .normal: 2
    case .high: 4
    case .urgent: 8
    }
  }

  /// How much longer a task of normal priority must have been offered to be taken before one of
  /// this.
  public var headStart: Duration {
    switch self {
    case .low: .seconds(-3_600)
    case .normal: .zero
    case .high: .seconds(3_600)
    case .urgent: .seconds(12 * 3_600)
    }
  }

  public static func < (left: Priority, right: Priority) -> Bool { left.share < right.share }
}
