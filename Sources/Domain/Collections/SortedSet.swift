/// A set whose order is the order of its members, so that nothing depends on hashing.
public struct SortedSet<Member: Comparable> {
  public private(set) var members: [Member] = []

  public init() {}

  public init(_ members: some Sequence<Member>) {
    for member in members.sorted() where self.members.last != member {
      self.members.append(member)
    }
  }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  public var first: Member? { members.first }
  public var last: Member? { members.last }

  public func contains(_ member: Member) -> Bool {
    let place = lowerBound(of: member)
    return place < members.count && members[place] == member
  }

  /// True when the member was not there before.
  @discardableResult
  public mutating func insert(_ member: Member) -> Bool {
    let place = lowerBound(of: member)
    if place < members.count, members[place] == member { return false }
    members.insert(member, at: place)
    return true
  }

  /// True when the member was there before.
  @discardableResult
  public mutating func remove(_ member: Member) -> Bool {
    let place = lowerBound(of: member)
    guard place < members.count, members[place] == member else { return false }
    members.remove(at: place)
    return true
  }

  /// The index of the first member that is not smaller than `member`.
  public func lowerBound(of member: Member) -> Int {
    var low = 0
    var high = members.count
    while low < high {
      let middle = low + (high - low) / 2
      if members[middle] < member { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension SortedSet: Sequence {
  public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}

extension SortedSet: Equatable {}
extension SortedSet: Hashable where Member: Hashable {}
extension SortedSet: Sendable where Member: Sendable {}

extension SortedSet: ExpressibleByArrayLiteral {
  public init(arrayLiteral members: Member...) {
    self.init(members)
  }
}
