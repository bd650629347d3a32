internal import Domain
internal import Ports

/// The last records of each partition that are stored and not committed, and when to commit them.
struct StoredOffsets {
  private let commitEvery: Duration
  private var last: SortedMap<TopicPartition, BusDelivery> = [:]
  /// When the oldest of them was stored.
  private var since: Uptime?

  init(commitEvery: Duration) {
    self.commitEvery = commitEvery
  }

  mutating func add(_ deliveries: [BusDelivery], at now: Uptime) {
    for delivery in deliveries { last[delivery.place] = delivery }
    since = since ?? now
  }

  /// What to commit now; nil when that is not due. It counts as committed.
  mutating func due(at now: Uptime) -> [BusDelivery]? {
    guard let since, now - since >= commitEvery else { return nil }
    return takeAll()
  }

  mutating func takeAll() -> [BusDelivery]? {
    defer { (last, since) = ([:], nil) }
    return last.isEmpty ? nil : last.values
  }

  /// How long to wait for records, so that what is stored is committed in time.
  func wait(at now: Uptime, most: Duration) -> Duration {
    guard let since else { return most }
    return max(.zero, min(most, commitEvery - (now - since)))
  }
}
