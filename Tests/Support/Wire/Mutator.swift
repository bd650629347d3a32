/// Damages bytes in small ways, the same ways for the same seed: what decoders must survive.
public struct Mutator: Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  /// SplitMix64.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// From 0 up to, not including, `bound`; 0 when there is nothing below it.
  public mutating func next(below bound: Int) -> Int {
    bound > 0 ? Int(next() % UInt64(bound)) : 0
  }

  /// One to four small damages: bytes changed, flipped, inserted, removed, repeated or cut off.
  /// `alphabet` are bytes that matter to the format.
  public mutating func mutant(of bytes: [UInt8], alphabet: [UInt8] = []) -> [UInt8] {
    var bytes = bytes
    for _ in 0...next(below: 4) {
      let place = next(below: bytes.count + 1)
      let end = min(bytes.count, place + 1 + next(below: 8))
      let byte =
        alphabet.isEmpty || next(below: 2) == 0
        ? UInt8(truncatingIfNeeded: next()) : alphabet[next(below: alphabet.count)]
      switch next(below: 6) {
      case 0 where place < bytes.count: bytes[place] = byte
      case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8(next(below: 8))
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: next(below: bytes.count + 1))
      case 4 where next(below: 4) == 0: bytes.removeSubrange(place...)
      default: bytes.insert(byte, at: place)
      }
    }
    return bytes
  }
}
