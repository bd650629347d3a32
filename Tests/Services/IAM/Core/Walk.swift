import Domain

/// The choices of a random walk: the same for the same seed.
struct Walk {
  private var state: UInt64

  init(seed: UInt64) { state = StableHash.mixed(seed) }

  mutating func below(_ bound: Int) -> Int {
    state = StableHash.mixed(state &+ 1)
    return Int(state >> 33) % bound
  }
}
