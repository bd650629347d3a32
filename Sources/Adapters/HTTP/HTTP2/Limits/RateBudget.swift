internal import Domain

/// A stock of permissions that fills up with time, and by what earns them.
struct RateBudget: Hashable, Sendable {
  private let burst: Int
  private let perSecond: Int
  private var left: Int
  private var filledAt: Uptime?

  init(burst: Int, perSecond: Int) {
    self.burst = burst
    self.perSecond = perSecond
    left = burst
  }

  /// Takes one; false when there is none.
  mutating func spend(at now: Uptime) -> Bool {
    fill(at: now)
    guard left > 0 else { return false }
    left -= 1
    return true
  }

  mutating func earn(_ amount: Int) {
    left = min(burst, left + amount)
  }

  private mutating func fill(at now: Uptime) {
    guard let last = filledAt else {
      filledAt = now
      return
    }
    // Whole tenths of a second only, so that no fraction of a permission is lost.
    let tenths = (now - last).wholeMicroseconds / 100_000
    guard tenths > 0 else { return }
    filledAt = last + .milliseconds(100 * tenths)
    earn(tenths < 36_000 ? Int(tenths) * perSecond / 10 : burst)
  }
}
