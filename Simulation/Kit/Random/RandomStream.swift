internal import Domain

/// A seeded stream of random bits: xoshiro256** seeded through SplitMix64.
///
/// The same seed and name give the same stream in every build and process. Source: Blackman, Vigna,
/// "Scrambled linear pseudorandom number generators", 2018.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  /// Streams with different names are independent, so that a draw added to one shifts no other.
  public init(seed: UInt64, name: String) {
    var hash = StableHash()
    hash.combine(seed)
    hash.combine(name)
    self.init(seed: hash.value)
  }

  public init(seed: UInt64) {
    var state = seed
    func nextWord() -> UInt64 {
      // `mixed` adds the golden gamma before it mixes: one step of SplitMix64.
      defer { state &+= 0x9e37_79b9_7f4a_7c15 }
      return StableHash.mixed(state)
    }
    s0 = nextWord()
    s1 = nextWord()
    s2 = nextWord()
    s3 = nextWord()
  }

  /// For known answers: the state itself, not all zero.
  init(state: (UInt64, UInt64, UInt64, UInt64)) {
    (s0, s1, s2, s3) = state
  }

  public mutating func next() -> UInt64 {
    let result = RandomStream.rotated(s1 &* 5, by: 7) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = RandomStream.rotated(s3, by: 45)
    return result
  }

  /// A number in `0..<bound`, every one as likely; 0 when `bound` is less than 2.
  public mutating func below(_ bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    let width = UInt64(bound)
    // Lemire's method: the high half is the answer, the low half tells whether it is biased.
    var product = next().multipliedFullWidth(by: width)
    if product.low < width {
      let threshold = (0 &- width) % width
      while product.low < threshold { product = next().multipliedFullWidth(by: width) }
    }
    return Int(product.high)
  }

  /// A number in the range, every one as likely.
  public mutating func number(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  /// Draws exactly once whatever the chance, so that changing a chance shifts nothing.
  public mutating func happens(_ chance: Chance) -> Bool {
    let product = next().multipliedFullWidth(by: 1_000_000)
    return product.high < UInt64(chance.perMillion)
  }

  /// A length in the range, in whole microseconds.
  public mutating func length(in range: ClosedRange<Duration>) -> Duration {
    let lowest = range.lowerBound.wholeMicroseconds
    let span = range.upperBound.wholeMicroseconds.subtractingSaturated(lowest)
    let bound = Int(clamping: span.addingSaturated(1))
    return .microseconds(lowest + Int64(below(bound)))
  }

  private static func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
    word << count | word >> (64 - count)
  }
}
