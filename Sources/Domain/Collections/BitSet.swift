/// A set of small numbers, one bit each: for sets of tasks by number.
public struct BitSet: Hashable, Sendable {
  /// Bit `n % 8` of byte `n / 8` stands for `n`; no zero bytes at the end.
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public init(_ members: some Sequence<Int>) {
    for member in members { insert(member) }
  }

  /// As `bytes` once was.
  public init(bytes: [UInt8]) {
    self.bytes = bytes
    while self.bytes.last == 0 { self.bytes.removeLast() }
  }

  public var isEmpty: Bool { bytes.isEmpty }

  public var count: Int { bytes.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// False for negative numbers as well.
  public func contains(_ member: Int) -> Bool {
    guard member >= 0, member / 8 < bytes.count else { return false }
    return bytes[member / 8] & (1 << UInt8(member % 8)) != 0
  }

  /// Adds a number that is not negative; false when it was there.
  @discardableResult
  public mutating func insert(_ member: Int) -> Bool {
    precondition(member >= 0, "a set of bits holds no negative numbers")
    guard !contains(member) else { return false }
    while bytes.count <= member / 8 { bytes.append(0) }
    bytes[member / 8] |= 1 << UInt8(member % 8)
    return true
  }

  /// All members, in order.
  public var members: some Sequence<Int> {
    (0..<bytes.count * 8).lazy.filter { self.contains($0) }
  }
}
