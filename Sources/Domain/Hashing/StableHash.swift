/// A 64-bit hash that is the same in every process, build and release: FNV-1a over bytes, finished
/// by the mixer of SplitMix64 so that near inputs land far apart.
///
/// For partitions, jitter and change detection. Not for secrets and not against adversaries.
/// Source: Fowler, Noll, Vo, draft-eastlake-fnv; Steele, Lea, Flood, OOPSLA 2014.
public struct StableHash: Sendable {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  public init() {}

  public mutating func combine(_ text: String) {
    for byte in text.utf8 { combine(byte) }
    // A byte that cannot occur in UTF-8 keeps ("ab","c") and ("a","bc") apart.
    combine(UInt8(0xff))
  }

  public mutating func combine(_ number: UInt64) {
    var rest = number
    for _ in 0..<8 {
      combine(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  public mutating func combine(_ bytes: [UInt8]) {
    for byte in bytes { combine(byte) }
    combine(UInt64(bytes.count))
  }

  public mutating func combine(_ byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  public var value: UInt64 { StableHash.mixed(state) }

  /// The finishing mixer of SplitMix64: a bijection on 64 bits.
  public static func mixed(_ number: UInt64) -> UInt64 {
    var z = number &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
