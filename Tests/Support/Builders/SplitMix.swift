internal import Domain

/// A seeded stream for choices in tests.
public struct SplitMix: Sendable {
  private var state: UInt64

  public init(state: UInt64) {
    self.state = state
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return StableHash.mixed(state)
  }

  public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
  public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
