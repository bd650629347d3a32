internal import Domain

/// How often a message is tried, and how long apart.
public struct RetrySchedule: Hashable, Sendable {
  /// Between each attempt and the next one; there is one attempt more than waits.
  public var waits: [Duration]
  /// How long a receiver's wish is followed.
  public var retryAfterMax: Duration
  /// Waits are longer by up to this share in a hundred, so that what failed together does not come
  /// back together. Never shorter: who is back after an hour has not missed the attempt after one.
  public var jitterPercent: Int

  public init(
    waits: [Duration] = RetrySchedule.day, retryAfterMax: Duration = .seconds(24 * 3_600),
    jitterPercent: Int = 10
  ) {
    self.waits = waits
    self.retryAfterMax = retryAfterMax
    self.jitterPercent = jitterPercent
  }

  /// Six attempts within a day.
  public static let day: [Duration] = [
    .seconds(10), .seconds(300), .seconds(3_600), .seconds(5 * 3_600), .seconds(15 * 3_600),
  ]

  public var attemptsMax: Int { waits.count + 1 }

  /// The wait after the `attempt`-th attempt of a round, from 1; nil when it was the last one.
  ///
  /// - Parameter key: decides the jitter, so that a decision made twice is the same.
  func wait(after attempt: Int, asked: Duration?, key: String) -> Duration? {
    guard waits.indices.contains(attempt - 1) else { return nil }
    let base = max(waits[attempt - 1].wholeMicroseconds, 0)
    let spread = base / 100 * Int64(clamping: min(max(jitterPercent, 0), 100))
    var hash = StableHash()
    hash.combine(key)
    hash.combine(UInt64(clamping: attempt))
    let shift = Int64(hash.value % UInt64(spread + 1))
    let wish = min(max(asked ?? .zero, .zero), retryAfterMax)
    return max(.microseconds(base.addingSaturated(shift)), wish)
  }
}
