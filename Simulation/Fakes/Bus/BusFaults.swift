public import SimulationKit

/// What a fake bus does to its clients. Chances are drawn for each call.
public struct BusFaults: Hashable, Sendable {
  public var requestLatency: ClosedRange<Duration> = .zero...(.zero)
  public var answerLatency: ClosedRange<Duration> = .zero...(.zero)
  /// From the append until consumers see a record; order within a partition is kept. A publisher
  /// gets its answer after that.
  public var visibilityDelay: ClosedRange<Duration> = .zero...(.zero)
  /// How long a client waits for an answer that is lost.
  public var lostAnswerLatency: ClosedRange<Duration> = .zero...(.zero)
  /// Every call is `.unavailable` while this is true.
  public var isDown = false
  /// A call is `.unavailable` and does nothing.
  public var unavailable = Chance.never
  /// Unknown outcome: nothing was appended.
  public var publishLostBefore = Chance.never
  /// Unknown outcome: the first records were appended.
  public var publishLostHalfway = Chance.never
  /// Unknown outcome: all were appended, so that publishing again makes duplicates.
  public var publishLostAfter = Chance.never
  /// Unknown outcome of a group's commit, without and with effect.
  public var commitLostBefore = Chance.never
  public var commitLostAfter = Chance.never
  /// A poll begins again at what the group has committed.
  public var redelivery = Chance.never
  /// A member is put out of its group, as after a long pause.
  public var fencing = Chance.never
  /// Batches are of any size up to what was asked for, partitions in any order.
  public var variesBatches = false
  /// Offsets have gaps.
  public var sparsensOffsets = false

  public init() {}

  /// Nothing goes wrong and nothing takes time.
  public static let calm = BusFaults()

  /// Nothing goes wrong, but calls take time and batches vary.
  public static var slow: BusFaults {
    var faults = BusFaults()
    faults.requestLatency = .microseconds(50)...(.milliseconds(2))
    faults.answerLatency = .microseconds(50)...(.milliseconds(2))
    faults.visibilityDelay = .zero...(.milliseconds(3))
    faults.variesBatches = true
    faults.sparsensOffsets = true
    return faults
  }

  /// Everything that a real bus may do, far more often than a real bus does it.
  public static var hostile: BusFaults {
    var faults = BusFaults.slow
    faults.visibilityDelay = .zero...(.milliseconds(200))
    faults.lostAnswerLatency = .milliseconds(1)...(.seconds(2))
    faults.unavailable = .percent(2)
    faults.publishLostBefore = .percent(1)
    faults.publishLostHalfway = .percent(1)
    faults.publishLostAfter = .percent(2)
    faults.commitLostBefore = .percent(2)
    faults.commitLostAfter = .percent(2)
    faults.redelivery = .percent(3)
    faults.fencing = .percent(1)
    return faults
  }
}
