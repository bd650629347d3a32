/// A rolling 128-bit hash of everything that happened in a world, in order.
///
/// Two runs with the same hash took the same decisions. Not against adversaries.
public struct TraceHash: Hashable, Sendable, CustomStringConvertible {
  public private(set) var high: UInt64 = 0x6a09_e667_f3bc_c908
  public private(set) var low: UInt64 = 0xbb67_ae85_84ca_a73b

  public init() {}

  public mutating func combine(_ word: UInt64) {
    high = (high ^ word) &* 0x9fb2_1c65_1e98_df25
    high ^= high >> 32
    low = (low &+ word &* 0xd6e8_feb8_6659_fd93)
    low = (low << 29 | low >> 35) &* 0xa076_1d64_78bd_642f
    low ^= high
  }

  public var description: String {
    TraceHash.padded(high) + TraceHash.padded(low)
  }

  private static func padded(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
