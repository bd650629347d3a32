public import SimulationKit

/// What a fake object store does to its clients. Chances are drawn for each call.
public struct ObjectStoreFaults: Hashable, Sendable {
  /// On the way to the store: what others write meanwhile is seen.
  public var requestLatency: ClosedRange<Duration> = .zero...(.zero)
  /// On the way back: what others write meanwhile makes the answer old.
  public var answerLatency: ClosedRange<Duration> = .zero...(.zero)
  /// How long a client waits for an answer that is lost.
  public var lostAnswerLatency: ClosedRange<Duration> = .zero...(.zero)
  /// Every call is `.unavailable` while this is true.
  public var isDown = false
  /// A call is `.unavailable` and does nothing.
  public var unavailable = Chance.never
  /// A write is `.outcomeUnknown` and was not carried out.
  public var unknownNotApplied = Chance.never
  /// A write is `.outcomeUnknown` and was carried out.
  public var unknownApplied = Chance.never
  /// A write is `.outcomeUnknown` and is carried out after its client has been told, if at all:
  /// then it may overwrite or delete what came later.
  public var unknownLater = Chance.never
  public var applyLaterMax: Duration = .seconds(5)
  /// A body comes slowly.
  public var slowBody = Chance.never
  public var slowBodyLatency: ClosedRange<Duration> = .zero...(.zero)
  /// A body ends before its time: the read is `.unavailable`.
  public var cutBody = Chance.never
  /// The bytes of a range come with one of them changed. Whole reads notice, ranges cannot.
  public var damagedRange = Chance.never
  /// A page of keys holds fewer than it could, maybe none, in another order.
  public var shortens = Chance.never

  public init() {}

  /// Nothing goes wrong and nothing takes time.
  public static let calm = ObjectStoreFaults()

  /// Nothing goes wrong, but calls take time and overlap, and pages vary.
  public static var slow: ObjectStoreFaults {
    var faults = ObjectStoreFaults()
    faults.requestLatency = .microseconds(100)...(.milliseconds(5))
    faults.answerLatency = .microseconds(100)...(.milliseconds(5))
    faults.slowBody = .percent(20)
    faults.slowBodyLatency = .milliseconds(1)...(.milliseconds(100))
    faults.shortens = .percent(20)
    return faults
  }

  /// Everything that a real store may do, far more often than a real store does it.
  public static var hostile: ObjectStoreFaults {
    var faults = ObjectStoreFaults.slow
    faults.lostAnswerLatency = .milliseconds(1)...(.seconds(5))
    faults.unavailable = .percent(3)
    faults.unknownNotApplied = .percent(2)
    faults.unknownApplied = .percent(2)
    faults.unknownLater = .percent(2)
    faults.slowBodyLatency = .milliseconds(1)...(.seconds(10))
    faults.cutBody = .percent(2)
    faults.damagedRange = .percent(1)
    return faults
  }
}
