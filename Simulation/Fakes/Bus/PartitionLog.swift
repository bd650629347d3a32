internal import Domain
internal import Ports

/// The log of one partition: records by offset, with gaps, visible one after the other.
struct PartitionLog {
  struct Entry {
    var delivery: BusDelivery
    /// Virtual time since the start of the world.
    var visibleAt: Duration
  }

  let place: TopicPartition
  private(set) var life = 1
  private(set) var earliest: Int64 = 0
  private(set) var end: Int64 = 0
  private(set) var entries: [Entry] = []

  init(_ place: TopicPartition) {
    self.place = place
  }

  var bounds: LogBounds {
    LogBounds(incarnation: "\(place)#\(life)", earliest: earliest, end: end)
  }

  /// - Returns: when the record becomes visible.
  mutating func append(
    _ record: BusRecord, at moment: Moment, gap: Int64, visibleAt: Duration
  ) -> Duration {
    let visible = max(visibleAt, entries.last?.visibleAt ?? .zero)
    let delivery = BusDelivery(
      place: place, offset: end + gap, record: record, stampedAt: moment)
    entries.append(Entry(delivery: delivery, visibleAt: visible))
    end = delivery.offset + 1
    return visible
  }

  /// Visible records at or after an offset.
  func read(from offset: Int64, max count: Int, at now: Duration) -> ArraySlice<Entry> {
    let start = place(of: offset)
    let available = entries[start...].prefix(max(count, 0))
    return available.prefix { $0.visibleAt <= now }
  }

  /// Forgets records before an offset: retention.
  mutating func trim(before offset: Int64) {
    entries.removeFirst(place(of: offset))
    earliest = min(max(earliest, offset), end)
  }

  /// Makes the log anew, empty, with offsets from 0.
  mutating func recreate() {
    life += 1
    entries = []
    earliest = 0
    end = 0
  }

  /// The place of the first entry at or after an offset.
  private func place(of offset: Int64) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = low + (high - low) / 2
      if entries[middle].delivery.offset < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
