internal import Ports

/// A member of a consumer group of the embedded bus. It leaves when nobody holds it any more.
final class SQLiteBusMembership: BusMembership {
  private let bus: SQLiteBus
  private let groups: GroupCoordinator
  private let group: String
  private let id: UInt64

  init(_ bus: SQLiteBus, _ groups: GroupCoordinator, group: String, id: UInt64) {
    self.bus = bus
    self.groups = groups
    self.group = group
    self.id = id
  }

  deinit { groups.leave(group, id) }

  func poll(recordsMax: Int, wait: Duration) async throws(BusError) -> [BusDelivery] {
    let deadline = Deadline(after: wait)
    while true {
      let places = try places()
      let answer = try await bus.read(places, recordsMax: recordsMax)
      for place in answer.gone {
        groups.skip(place.log.place, to: place.log.bounds().earliest, of: group, id)
      }
      if !answer.gone.isEmpty { throw .offsetGone }
      guard let records = groups.hand(answer.records, to: group, id) else { throw .fenced }
      if !records.isEmpty || !deadline.isAhead || Task.isCancelled { return records }
      let (groups, group, id) = (groups, group, id)
      await bus.engine.room.wait(
        on: places.map(\.log.channel) + [.membership(id)], for: deadline.remaining
      ) {
        guard let positions = groups.positions(group, id), positions.count == places.count else {
          return true
        }
        return places.contains {
          positions[$0.log.place] != $0.offset || $0.log.hasNews(at: $0.offset)
        }
      }
    }
  }

  func commit(_ upTo: [BusDelivery]) async throws(BusError) {
    guard groups.positions(group, id) != nil else { throw .fenced }
    var offsets: [TopicPartition: Int64] = [:]
    for delivery in upTo {
      offsets[delivery.place] = max(offsets[delivery.place] ?? 0, delivery.offset + 1)
    }
    guard !offsets.isEmpty else { return }
    let (engine, groups, group, stored) = (bus.engine, groups, group, offsets)
    do throws(EngineError) {
      var targets: [(log: PartitionLog, offset: Int64)] = []
      for (place, offset) in offsets {
        guard let topic = bus.directory[place.topic] else {
          throw .refused("topic \(place.topic) is not declared")
        }
        targets.append((try bus.log(place, in: topic), offset))
      }
      let written = targets
      try await engine.write { connection throws(EngineError) in
        for (log, offset) in written {
          try LogTables.store(offset, log, of: group, on: connection)
        }
      } whenCommitted: {
        groups.committed(stored, of: group)
      }
    } catch { throw engine.busError(error) }
  }

  func leave() async {
    groups.leave(group, id)
  }

  private func places() throws(BusError) -> [LogReading.Place] {
    guard let positions = groups.positions(group, id) else { throw .fenced }
    return positions.sorted { $0.key < $1.key }.compactMap { place, offset in
      bus.directory[place.topic].map { topic in
        LogReading.Place(log: topic.logs[place.partition], offset: offset)
      }
    }
  }
}
