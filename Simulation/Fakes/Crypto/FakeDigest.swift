internal import Domain
public import Ports

/// A digest of 32 bytes that is fast and the same everywhere. Not against adversaries.
public struct FakeDigest: Digest {
  public init() {}

  public func digest(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(32)
    for lane in UInt64(0)..<4 {
      var hash = StableHash()
      hash.combine(lane)
      hash.combine(bytes)
      for byte in 0..<UInt64(8) {
        result.append(UInt8(truncatingIfNeeded: hash.value >> (byte * 8)))
      }
    }
    return result
  }
}
