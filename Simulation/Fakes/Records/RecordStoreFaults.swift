public import SimulationKit

/// What a fake record store does to its clients. Chances are drawn for each call.
public struct RecordStoreFaults: Hashable, Sendable {
  /// On the way to the store: what others commit meanwhile is seen.
  public var requestLatency: ClosedRange<Duration> = .zero...(.zero)
  /// On the way back: what others commit meanwhile makes the answer old.
  public var answerLatency: ClosedRange<Duration> = .zero...(.zero)
  /// Every call is `.unavailable` while this is true.
  public var isDown = false
  /// A call is `.unavailable` and does nothing.
  public var unavailable = Chance.never
  /// A commit is `.conflict` though nothing changed: a lock was not to be had.
  public var conflict = Chance.never
  /// A commit is `.outcomeUnknown` and was not applied.
  public var unknownNotApplied = Chance.never
  /// A commit is `.outcomeUnknown` and was applied.
  public var unknownApplied = Chance.never
  /// A commit is `.outcomeUnknown`; it is applied later, if at all.
  public var unknownLater = Chance.never
  public var applyLaterMax: Duration = .seconds(5)
  /// How long a client waits for an answer that is lost.
  public var lostAnswerLatency: ClosedRange<Duration> = .zero...(.zero)
  /// A page ends early though more follows.
  public var shortPages = Chance.never
  /// Messages of different keys come in any order.
  public var shufflesOutbox = false
  /// `waitForPending` returns at once for no reason.
  public var spuriousWakes = Chance.never

  public init() {}

  /// Nothing goes wrong and nothing takes time.
  public static let calm = RecordStoreFaults()

  /// Nothing goes wrong, but calls take time and overlap.
  public static var slow: RecordStoreFaults {
    var faults = RecordStoreFaults()
    faults.requestLatency = .microseconds(50)...(.milliseconds(2))
    faults.answerLatency = .microseconds(50)...(.milliseconds(2))
    faults.shufflesOutbox = true
    return faults
  }

  /// Everything that a real store may do, far more often than a real store does it.
  public static var hostile: RecordStoreFaults {
    var faults = RecordStoreFaults.slow
    faults.unavailable = .percent(2)
    faults.conflict = .percent(3)
    faults.unknownNotApplied = .percent(1)
    faults.unknownApplied = .percent(2)
    faults.unknownLater = .percent(2)
    faults.lostAnswerLatency = .milliseconds(1)...(.seconds(2))
    faults.shortPages = .percent(10)
    faults.spuriousWakes = .percent(10)
    return faults
  }
}
