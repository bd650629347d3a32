public import Domain

/// Whether the runs that one subscription hears of are failing: what makes a success a recovery.
///
/// One for each subscription and workflow, so that nobody is told of the recovery from a failure
/// that they never heard of.
public struct Streak: Hashable, Sendable {
  public var isFailing: Bool
  /// The newest end that was judged.
  public var lastEndedAt: Moment
  public var lastRun: RunID?

  public init(isFailing: Bool = false, lastEndedAt: Moment = .start, lastRun: RunID? = nil) {
    self.isFailing = isFailing
    self.lastEndedAt = lastEndedAt
    self.lastRun = lastRun
  }

  public enum Effect: Hashable, Sendable {
    /// This is the first success after a failure.
    case announceRecovery
  }

  /// Takes an end in. Ends may come twice and in any order: what is not newer than the newest one
  /// says nothing about now.
  public mutating func apply(_ end: RunEnd) -> [Effect] {
    guard let isHealthy = end.outcome.isHealthy,
      lastRun == nil || (end.endedAt, end.run.text) > (lastEndedAt, lastRun?.text ?? "")
    else { return [] }
    let hasRecovered = isFailing && isHealthy
    isFailing = !isHealthy
    lastEndedAt = end.endedAt
    lastRun = end.run
    return hasRecovered ? [.announceRecovery] : []
  }
}
