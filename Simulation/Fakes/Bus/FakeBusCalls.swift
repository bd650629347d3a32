internal import Domain
public import Ports
internal import SimulationKit
internal import Synchronization

/// The port: every call travels to the bus, takes effect in one world event, and travels back.
extension FakeBus {
  static let valueBytesMax = 256 << 10

  public func publish(_ records: [BusRecord]) async throws(BusError) {
    for record in records { try check(record) }
    let answer: Result<Void, BusError> = await world.exchange(
      "bus.publish", ifCancelled: .failure(.outcomeUnknown)
    ) { reply in
      self.arrive {
        let faults = self.faults
        let isUnavailable = self.isUnavailable()
        let isLostBefore = self.chance.happens(faults.publishLostBefore)
        let isLostHalfway = self.chance.happens(faults.publishLostHalfway)
        let isLostAfter = self.chance.happens(faults.publishLostAfter)
        let half = self.chance.below(records.count)
        if isUnavailable { return self.answer(reply, .failure(Self.unreachable)) }
        if isLostBefore {
          self.world.mark("bus.publish-lost-before")
          return self.lose(reply)
        }
        if isLostHalfway { self.world.mark("bus.publish-lost-halfway") }
        if isLostAfter { self.world.mark("bus.publish-lost-after") }
        let delay = self.append(isLostHalfway ? Array(records.prefix(half)) : records)
        if isLostHalfway || isLostAfter { return self.lose(reply) }
        // What is acknowledged is visible: the acknowledgement waits for it.
        self.answer(reply, .success(()), after: delay)
      }
    }
    try answer.get()
  }

  public func bounds(_ places: [TopicPartition]) async throws(BusError) -> [LogBounds] {
    for place in places { try checkPlace(place) }
    let answer: Result<[LogBounds], BusError> = await world.exchange(
      "bus.bounds", ifCancelled: .failure(.unavailable("the caller was cancelled"))
    ) { reply in
      self.arrive {
        let logs = self.isUnavailable() ? [] : places.compactMap { self.log($0) }
        let isWhole = logs.count == places.count
        self.answer(reply, isWhole ? .success(logs.map(\.bounds)) : .failure(Self.unreachable))
      }
    }
    return try answer.get()
  }

  public func fetch(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int, wait: Duration
  ) async throws(BusError) -> [BusDelivery] {
    for (place, _) in from { try checkPlace(place) }
    guard recordsMax > 0 else { throw .refused("a fetch of \(recordsMax) records") }
    let answer: Result<[BusDelivery], BusError> = await world.exchange(
      "bus.fetch", ifCancelled: .success([])
    ) { reply in
      self.arrive {
        if self.isUnavailable() { return self.answer(reply, .failure(Self.unreachable)) }
        self.serve(wait: wait) { place in
          // Numbers first: most records are of other partitions.
          from.contains {
            $0.place.partition == place.partition && $0.place.topic == place.topic
          }
        } attempt: {
          let found = self.read(from, recordsMax: recordsMax)
          if case .success(let deliveries) = found, deliveries.isEmpty { return reply.isAnswered }
          self.answer(reply, found)
          return true
        } giveUp: {
          self.answer(reply, .success([]))
        }
      }
    }
    return try answer.get()
  }

  public func join(
    group: String, member: String, topics: [String]
  ) async throws(BusError) -> any BusMembership {
    guard !group.isEmpty, !member.isEmpty, !topics.isEmpty else {
      throw .refused("a membership needs a group, a member name and topics")
    }
    for topic in topics { try checkTopic(topic) }
    let answer: Result<UInt64, BusError> = await world.exchange(
      "bus.join", ifCancelled: .failure(.unavailable("the caller was cancelled"))
    ) { reply in
      self.arrive {
        if self.isUnavailable() { return self.answer(reply, .failure(Self.unreachable)) }
        let session = self.enrol(member, into: group, topics: topics, process: reply.caller)
        self.answer(reply, .success(session))
      }
    }
    return FakeBusMembership(bus: self, group: group, member: member, session: try answer.get())
  }

  private func enrol(
    _ member: String, into group: String, topics: [String], process: Incarnation
  ) -> UInt64 {
    let now = world.elapsed
    let session = state.withLock { state in
      state.sessionsSoFar += 1
      let made = ConsumerGroup.Member(
        name: member, session: state.sessionsSoFar, process: process,
        topics: SortedSet(topics).members, lastActive: now)
      state.groups[group, default: ConsumerGroup()].join(made, partitions: places)
      return state.sessionsSoFar
    }
    world.note("bus.join", session)
    watch(member, session: session, of: group)
    wake()
    return session
  }

  // MARK: Reading

  func read(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int
  ) -> Result<[BusDelivery], BusError> {
    let now = world.elapsed
    var places: [(log: PartitionLog, offset: Int64)] = []
    let isGone = state.withLock { state in
      var topic = FakeBus.OpenTopic()
      for (place, offset) in from {
        guard let log = topic.log(place, in: state) else { continue }
        guard (log.earliest...log.end).contains(offset) else { return true }
        // Most places have nothing new, and cost nothing more.
        guard offset < log.end, !log.read(from: offset, max: 1, at: now).isEmpty else { continue }
        places.append((log, offset))
      }
      return false
    }
    if isGone { return .failure(.offsetGone) }
    let varies = faults.variesBatches
    // In any order, so that no place starves another.
    places = chance.permuted(places)
    var found: [BusDelivery] = []
    for (log, offset) in places {
      let room = recordsMax - found.count
      guard room > 0 else { break }
      let entries = log.read(from: offset, max: room, at: now)
      let count = varies && entries.count > 1 ? 1 + chance.below(entries.count) : entries.count
      found += entries.prefix(count).map(\.delivery)
    }
    return .success(found)
  }

  // MARK: Travelling

  static let unreachable = BusError.unavailable("the bus is not reachable")

  func arrive(_ action: @escaping @Sendable () -> Void) {
    world.schedule(after: latency.length(in: faults.requestLatency), action)
  }

  func isUnavailable() -> Bool {
    let faults = faults
    guard chance.happens(faults.unavailable) || faults.isDown else { return false }
    world.mark("bus.unavailable")
    return true
  }

  func answer<Answer>(
    _ reply: Reply<Result<Answer, BusError>>, _ answer: Result<Answer, BusError>,
    after length: Duration = .zero
  ) {
    let delay = length + latency.length(in: faults.answerLatency)
    guard delay > .zero else { return reply.send(answer) }
    world.schedule(after: delay) { reply.send(answer) }
  }

  func lose<Answer>(_ reply: Reply<Result<Answer, BusError>>) {
    world.note("bus.lost")
    world.schedule(after: latency.length(in: faults.lostAnswerLatency)) {
      reply.send(.failure(.outcomeUnknown))
    }
  }

  private func check(_ record: BusRecord) throws(BusError) {
    try checkTopic(record.topic)
    guard record.value.count <= Self.valueBytesMax else {
      throw .refused("a record of \(record.value.count) bytes is larger than 256 KiB")
    }
    let names = record.headers.map(\.name)
    guard SortedSet(names).count == names.count, names.allSatisfy({ $0 == $0.lowercased() }) else {
      throw .refused("headers are lower case and occur once")
    }
  }
}
