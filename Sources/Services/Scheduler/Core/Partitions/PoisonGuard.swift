/// How carefully inputs are taken in after starts that came to nothing.
///
/// A record that kills the process on every try must not stop the partition for ever: from the
/// second start without progress on, records are taken one by one; at the fourth that begins with
/// the same record, that record is set aside. A start that came to nothing and did not die, because
/// somebody was not reachable or because the partition was given back, does not count.
public struct PoisonGuard: Hashable, Sendable {
  /// A record of an input topic of the partition.
  public struct Place: Hashable, Sendable {
    public var topic: String
    public var offset: Int64

    public init(_ topic: String, _ offset: Int64) {
      self.topic = topic
      self.offset = offset
    }
  }

  public static let careFrom = 2
  public static let setAsideFrom = 4

  public private(set) var startsWithoutProgress: Int
  /// What the last start with care began with.
  public private(set) var head: Place?

  public init(startsWithoutProgress: Int, head: Place? = nil) {
    self.startsWithoutProgress = startsWithoutProgress
    self.head = head
  }

  public var isCareful: Bool { startsWithoutProgress >= PoisonGuard.careFrom }

  public func recordsMax(_ usual: Int) -> Int { isCareful ? 1 : usual }

  /// The record that this start must not try again.
  public var setAside: Place? {
    startsWithoutProgress >= PoisonGuard.setAsideFrom ? head : nil
  }

  /// Counts a start, before it takes this record in. A start that begins with another record than
  /// the one before knows nothing about it yet.
  public mutating func countStart(with first: Place) {
    startsWithoutProgress += 1
    guard isCareful else { return }
    if let head, head != first { startsWithoutProgress = PoisonGuard.careFrom }
    head = first
  }

  /// Whoever counted this start lives, though the record was not taken in: it is not what kills.
  public mutating func survived() {
    startsWithoutProgress = max(startsWithoutProgress - 1, 0)
  }

  /// Something was taken in.
  public mutating func progressed() {
    startsWithoutProgress = 0
    head = nil
  }
}

/// How many records a batch takes in after one that the store refused for what is in it.
public enum BatchCare: Hashable, Sendable {
  case usual
  /// One of so many records cannot be stored: they are taken one by one.
  case oneByOne(left: Int)

  public func recordsMax(_ usual: Int) -> Int {
    switch self {
    case .usual: usual
    case .oneByOne: 1
    }
  }

  public mutating func refused(records: Int) {
    guard records > 1 else { return }
    self = .oneByOne(left: records)
  }

  public mutating func committed(records: Int) {
    guard case .oneByOne(let left) = self else { return }
    self = left > records ? .oneByOne(left: left - records) : .usual
  }
}
