public import Domain

/// Where a run stands whose workflow limits how many runs with the same key may run.
public struct RunPermit: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Waits for its turn; no task starts. Asks again at `next`, should request or answer be lost.
    /// Becomes `held` by a grant, `over` when the run ends or is refused.
    case asking(times: Int, next: Moment)
    /// The run may run. Becomes `over` with its end.
    case held
    /// Final: the run wants no permit any more.
    case over
  }

  public let limit: LimitKey
  /// How many may hold a permit at once, as this run's version says.
  public let size: Int
  public let onLimit: ConcurrencyRule.OnLimit
  public var phase: Phase
  /// Whether the run ever had a permit.
  public var wasHeld = false
  /// Whether the run was not needed, because others with its key were there.
  public var isSkipped = false

  public init(
    _ limit: LimitKey, size: Int, onLimit: ConcurrencyRule.OnLimit, phase: Phase,
    wasHeld: Bool = false, isSkipped: Bool = false
  ) {
    self.limit = limit
    self.size = size
    self.onLimit = onLimit
    self.phase = phase
    self.wasHeld = wasHeld
    self.isSkipped = isSkipped
  }

  public var isAsking: Bool {
    if case .asking = phase { true } else { false }
  }

  /// Of the reason of a run that waits.
  public static let waitingCode = "concurrency-limit"

  static let askAgainMin: Duration = .seconds(60)
  static let askAgainMax: Duration = .seconds(900)

  /// How long after the request of that number the next one follows.
  static func wait(after times: Int) -> Duration {
    min(askAgainMin * (1 << min(max(times - 1, 0), 8)), askAgainMax)
  }
}
