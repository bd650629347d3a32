public import Ports
internal import Synchronization
internal import SystemAdapter

/// The bus on an embedded database: one table holds the logs of all partitions. See `Bus` for what
/// it promises.
///
/// Publishing shares the engine's group commit with every other write. Consumers that keep up are
/// woken by the commit and read from memory. Consumer groups share partitions among the members in
/// this process; nothing else may use the file meanwhile. A cancelled wait answers an empty list.
/// One bus may be open on an engine.
public final class SQLiteBus: Bus {
  let engine: SQLiteEngine
  let directory: LogDirectory
  let configuration: SQLiteBusConfiguration
  let time: any Time
  private let randomness: any Randomness
  private let groups: GroupCoordinator
  /// Which place the next fetch begins with, so that a full one does not starve the others.
  private let turns = Atomic<Int>(0)

  /// Makes the tables and the declared topics where they are missing.
  public static func open(
    _ engine: SQLiteEngine, _ configuration: SQLiteBusConfiguration, time: any Time,
    randomness: any Randomness
  ) async throws(SQLiteOpenError) -> SQLiteBus {
    guard engine.claimBus() else { throw .mismatch("\(engine.path) has a bus already") }
    let directory = LogDirectory(tailBytesMax: configuration.tailBytesMax)
    let bus = SQLiteBus(engine, directory, configuration, time, randomness)
    do throws(EngineError) {
      let stored = try await engine.write { connection throws(EngineError) in
        try LogTables.prepare(on: connection)
        return try LogTables.topics(on: connection)
      }
      for topic in stored { directory.add(topic) }
      for case .topic(let name) in configuration.topics { _ = try await bus.topic(name) }
      return bus
    } catch {
      throw .unusable("\(engine.path): the bus cannot be made: \(engine.busError(error))")
    }
  }

  private init(
    _ engine: SQLiteEngine, _ directory: LogDirectory, _ configuration: SQLiteBusConfiguration,
    _ time: any Time, _ randomness: any Randomness
  ) {
    self.engine = engine
    self.directory = directory
    self.configuration = configuration
    self.time = time
    self.randomness = randomness
    groups = GroupCoordinator(directory, engine.room, membersMax: configuration.membersMax)
  }

  public func publish(_ records: [BusRecord]) async throws(BusError) {
    do throws(EngineError) {
      for record in records { try EngineError.refuse(BusRules.fault(in: record)) }
      for name in Set(records.map(\.topic)) { _ = try await topic(name) }
      var rest = records[...]
      while !rest.isEmpty {
        let slice = prefix(of: rest)
        try await append(slice)
        rest = rest.dropFirst(slice.count)
      }
    } catch { throw engine.busError(error) }
  }

  public func bounds(_ places: [TopicPartition]) async throws(BusError) -> [LogBounds] {
    var found: [LogBounds] = []
    do throws(EngineError) {
      for place in places {
        let topic = try await topic(place.topic)
        let bounds = try log(place, in: topic).bounds()
        found.append(
          LogBounds(incarnation: topic.incarnation, earliest: bounds.earliest, end: bounds.end))
      }
    } catch { throw engine.busError(error) }
    return found
  }

  public func fetch(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int, wait: Duration
  ) async throws(BusError) -> [BusDelivery] {
    var places: [LogReading.Place] = []
    do throws(EngineError) {
      for (place, offset) in from {
        let topic = try await topic(place.topic)
        places.append(LogReading.Place(log: try log(place, in: topic), offset: offset))
      }
    } catch { throw engine.busError(error) }
    let deadline = Deadline(after: wait)
    while true {
      let answer = try await read(places, recordsMax: recordsMax)
      if answer.gone.isEmpty == false { throw .offsetGone }
      if !answer.records.isEmpty || !deadline.isAhead || Task.isCancelled { return answer.records }
      let waited = places
      await engine.room.wait(on: places.map(\.log.channel), for: deadline.remaining) {
        waited.contains { $0.log.hasNews(at: $0.offset) }
      }
    }
  }

  public func join(
    group: String, member: String, topics: [String]
  ) async throws(BusError) -> any BusMembership {
    if let fault = BusRules.fault(inNames: [group, member]) { throw .refused(fault) }
    do throws(EngineError) {
      for name in topics { _ = try await topic(name) }
      let stored = try await engine.read { connection throws(EngineError) in
        try LogTables.offsets(of: group, on: connection)
      }
      let id = try groups.join(group, member, Set(topics).sorted(), stored)
      return SQLiteBusMembership(self, groups, group: group, id: id)
    } catch { throw engine.busError(error) }
  }

  /// What the places hold now; `gone` names those whose offsets cannot be read.
  func read(
    _ places: [LogReading.Place], recordsMax: Int
  ) async throws(BusError) -> LogReading.Answer {
    guard recordsMax > 0 else { throw .refused("at least one record must be asked for") }
    let turn = turns.wrappingAdd(1, ordering: .relaxed).newValue
    var reading = LogReading(
      places, turn: turn, recordsMax: min(recordsMax, configuration.deliveriesMax),
      bytesMax: configuration.deliveriesBytesMax)
    reading.lookInMemory()
    guard reading.needsFile else { return reading.answer }
    do throws(EngineError) {
      let looked = reading
      return try await engine.read { connection throws(EngineError) in
        var reading = looked
        try reading.lookInFile(connection)
        return reading.answer
      }
    } catch { throw engine.busError(error) }
  }

  func log(_ place: TopicPartition, in topic: LogDirectory.Topic) throws(EngineError)
    -> PartitionLog
  {
    guard topic.logs.indices.contains(place.partition) else {
      throw .refused("\(place): a topic has partitions 0 to \(topic.logs.count - 1)")
    }
    return topic.logs[place.partition]
  }

  /// The declared topic of that name, made if need be.
  private func topic(_ name: String) async throws(EngineError) -> LogDirectory.Topic {
    if let topic = directory[name] { return topic }
    guard TopicName.isDeclared(name, in: configuration.topics) else {
      throw .refused("topic \(name) is not declared")
    }
    let incarnation = String(randomness.next(), radix: 16)
    let topicsMax = configuration.topicsMax
    let stored = try await engine.write { connection throws(EngineError) in
      try LogTables.topic(
        name, incarnation: incarnation, topicsMax: topicsMax, on: connection)
    }
    return directory.add(stored)
  }

  /// The records that one transaction takes: at least one.
  private func prefix(of records: ArraySlice<BusRecord>) -> ArraySlice<BusRecord> {
    var bytes = 0
    var count = 0
    for record in records.prefix(configuration.recordsPerWriteMax) {
      bytes += BusRules.weight(record)
      guard count == 0 || bytes <= configuration.bytesPerWriteMax else { break }
      count += 1
    }
    return records.prefix(count)
  }

  private func append(_ records: ArraySlice<BusRecord>) async throws(EngineError) {
    let stampedAt = time.now()
    var targets: [(log: PartitionLog, record: BusRecord)] = []
    targets.reserveCapacity(records.count)
    for record in records {
      guard let topic = directory[record.topic] else { continue }
      targets.append((topic.logs[Partitioning.partition(of: record.key)], record))
    }
    let appended = targets
    let room = engine.room
    let weight = records.reduce(0) { $0 + BusRules.weight($1) }
    _ = try await engine.write(weight: weight) { connection throws(EngineError) in
      var deliveries: [(log: PartitionLog, delivery: BusDelivery)] = []
      deliveries.reserveCapacity(appended.count)
      for (log, record) in appended {
        let delivery = BusDelivery(
          place: log.place, offset: log.takeOffset(), record: record, stampedAt: stampedAt)
        try LogTables.append(delivery, topic: log.topic, on: connection)
        deliveries.append((log, delivery))
      }
      return deliveries
    } whenCommitted: { deliveries in
      for (log, delivery) in deliveries { log.append([delivery]) }
      room.wake(Set(deliveries.map(\.log.channel)))
    }
  }
}
