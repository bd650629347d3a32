public import Domain
public import Ports

/// The last records of each partition that are done with and not committed, and when to commit
/// them. A commit only saves work, so that it need not follow every poll.
public struct StoredOffsets: Sendable {
  private let commitEvery: Duration
  private var last: SortedMap<TopicPartition, BusDelivery> = [:]
  /// When the oldest of them was done with.
  private var since: Uptime?

  public init(commitEvery: Duration) {
    self.commitEvery = commitEvery
  }

  public mutating func add(_ deliveries: [BusDelivery], at now: Uptime) {
    for delivery in deliveries { last[delivery.place] = delivery }
    since = since ?? now
  }

  /// What to commit now; nil when that is not due. It counts as committed.
  public mutating func due(at now: Uptime) -> [BusDelivery]? {
    guard let since, now - since >= commitEvery else { return nil }
    return takeAll()
  }

  public mutating func takeAll() -> [BusDelivery]? {
    defer { (last, since) = ([:], nil) }
    return last.isEmpty ? nil : last.values
  }

  /// How long to wait for records, so that what is done with is committed in time.
  public func wait(at now: Uptime, most: Duration) -> Duration {
    guard let since else { return most }
    return max(.zero, min(most, commitEvery - (now - since)))
  }
}
