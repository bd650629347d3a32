/// A set whose order is the order of its members, so that nothing depends on hashing.
public struct SortedSet<Member: Comparable> {
  @usableFromInline var sorted: [Member] = []

  @inlinable
  public init() {}

  @inlinable
  public init(_ members: some Sequence<Member>) {
    for member in members.sorted() where sorted.last != member { sorted.append(member) }
  }

  @inlinable
  public var members: [Member] { sorted }

  @inlinable
  public var count: Int { sorted.count }
  @inlinable
  public var isEmpty: Bool { sorted.isEmpty }
  @inlinable
  public var first: Member? { sorted.first }
  @inlinable
  public var last: Member? { sorted.last }

  @inlinable
  public func contains(_ member: Member) -> Bool {
    let place = lowerBound(of: member)
    return place < sorted.count && sorted[place] == member
  }

  /// True when the member was not there before.
  @discardableResult
  @inlinable
  public mutating func insert(_ member: Member) -> Bool {
    let place = lowerBound(of: member)
    if place < sorted.count, sorted[place] == member { return false }
    sorted.insert(member, at: place)
    return true
  }

  /// True when the member was there before.
  @discardableResult
  @inlinable
  public mutating func remove(_ member: Member) -> Bool {
    let place = lowerBound(of: member)
    guard place < sorted.count, sorted[place] == member else { return false }
    sorted.remove(at: place)
    return true
  }

  /// The index of the first member that is not smaller than `member`.
  @inlinable
  public func lowerBound(of member: Member) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = low + (high - low) / 2
      if sorted[middle] < member { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension SortedSet: Sequence {
  @inlinable
  public func makeIterator() -> IndexingIterator<[Member]> { sorted.makeIterator() }
}

extension SortedSet: Equatable {
  @inlinable
  public static func == (left: SortedSet, right: SortedSet) -> Bool { left.sorted == right.sorted }
}

extension SortedSet: Hashable where Member: Hashable {}
extension SortedSet: Sendable where Member: Sendable {}

extension SortedSet: ExpressibleByArrayLiteral {
  @inlinable
  public init(arrayLiteral members: Member...) {
    self.init(members)
  }
}
