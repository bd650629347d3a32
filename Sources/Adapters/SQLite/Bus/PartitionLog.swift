internal import Ports
internal import Synchronization

/// What is known of one partition's log without asking the file: where it begins and ends, and its
/// newest records.
///
/// A consumer that keeps up reads from here and never waits for a read of the file.
final class PartitionLog: Sendable {
  enum Look {
    case records([BusDelivery])
    /// The records are in the file only.
    case stored
    /// Nothing at the offset or beyond it.
    case nothing
    /// The offset is below the first record or beyond the end.
    case gone
  }

  private struct State {
    /// The offset of the next record that the writer appends.
    var next: Int64
    /// One beyond the last committed record.
    var end: Int64
    var earliest: Int64
    /// The newest committed records; everything from `tailFrom` on is there.
    var tail: [BusDelivery] = []
    /// How many at the front of `tail` have been dropped.
    var dropped = 0
    var tailFrom: Int64
    var tailBytes = 0
  }

  let place: TopicPartition
  let topic: Int64
  private let tailBytesMax: Int
  private let state: Mutex<State>

  init(
    _ place: TopicPartition, topic: Int64, earliest: Int64, end: Int64, tailBytesMax: Int
  ) {
    self.place = place
    self.topic = topic
    self.tailBytesMax = tailBytesMax
    state = Mutex(State(next: end, end: end, earliest: earliest, tailFrom: end))
  }

  var channel: Channel { .log(topic: topic, partition: place.partition) }

  func bounds() -> (earliest: Int64, end: Int64) {
    state.withLock { ($0.earliest, $0.end) }
  }

  /// An offset for the next record. It is never given again, even if its transaction fails: a
  /// reader must never see two records at one offset.
  func takeOffset() -> Int64 {
    state.withLock { state in
      defer { state.next += 1 }
      return state.next
    }
  }

  /// Takes committed records in, in the order of their offsets.
  func append(_ deliveries: ArraySlice<BusDelivery>) {
    state.withLock { state in
      for delivery in deliveries {
        state.tail.append(delivery)
        state.tailBytes += BusRules.weight(delivery.record)
        state.end = delivery.offset + 1
      }
      while state.tailBytes > tailBytesMax, state.dropped < state.tail.count {
        let oldest = state.tail[state.dropped]
        state.tailBytes -= BusRules.weight(oldest.record)
        state.tailFrom = oldest.offset + 1
        state.dropped += 1
      }
      // Moving the rest each time would cost more than it frees.
      guard state.dropped > state.tail.count / 2 else { return }
      state.tail.removeFirst(state.dropped)
      state.dropped = 0
    }
  }

  /// Whether `look` would answer anything but `nothing`.
  func hasNews(at offset: Int64) -> Bool {
    state.withLock { $0.end != offset || $0.earliest > offset }
  }

  /// The records at and beyond the offset, at most `max`, within about `bytesMax` bytes.
  func look(at offset: Int64, max: Int, bytesMax: Int) -> Look {
    state.withLock { state in
      guard offset >= state.earliest, offset <= state.end else { return .gone }
      if offset == state.end { return .nothing }
      guard offset >= state.tailFrom else { return .stored }
      var low = state.dropped
      var high = state.tail.count
      while low < high {
        let middle = low + (high - low) / 2
        if state.tail[middle].offset < offset { low = middle + 1 } else { high = middle }
      }
      var records: [BusDelivery] = []
      var bytes = 0
      for delivery in state.tail[low...].prefix(max) {
        bytes += BusRules.weight(delivery.record)
        if bytes > bytesMax, !records.isEmpty { break }
        records.append(delivery)
      }
      return .records(records)
    }
  }

  /// Records below `earliest` have been deleted.
  func forget(below earliest: Int64) {
    state.withLock { state in
      state.earliest = max(state.earliest, earliest)
      guard state.tailFrom < earliest else { return }
      state.tail.removeAll { $0.offset < earliest }
      state.dropped = 0
      state.tailBytes = state.tail.reduce(0) { $0 + BusRules.weight($1.record) }
      state.tailFrom = earliest
    }
  }
}
