internal import Domain
internal import Ports
internal import SimulationKit
internal import Synchronization

/// A member of a consumer group of a fake bus.
struct FakeBusMembership: BusMembership {
  let bus: FakeBus
  let group: String
  let member: String
  let session: UInt64

  private enum Answer: Sendable {
    case deliveries(Result<[BusDelivery], BusError>)
    case cancelled
  }

  func poll(recordsMax: Int, wait: Duration) async throws(BusError) -> [BusDelivery] {
    guard recordsMax > 0 else { throw .refused("a poll of \(recordsMax) records") }
    let answer: Answer = await bus.world.exchange("bus.poll", ifCancelled: .cancelled) { reply in
      bus.arrive {
        let faults = bus.faults
        let isUnavailable = bus.isUnavailable()
        let isRedelivered = bus.chance.happens(faults.redelivery)
        let isFenced = bus.chance.happens(faults.fencing)
        if isUnavailable {
          return send(reply, .failure(FakeBus.unreachable))
        }
        if isFenced {
          bus.world.mark("bus.fenced")
          bus.remove(member, session: session, from: group)
        }
        if isRedelivered { bus.world.mark("bus.redelivered") }
        change { member in
          if isRedelivered { member.positions = [:] }
          member.isPolling = true
        }
        let topics = bus.member(member, session: session, of: group)?.topics ?? []
        bus.serve(wait: wait) { place in
          topics.contains(place.topic) && isMine(place)
        } attempt: {
          reply.isAnswered || attempt(reply, recordsMax: recordsMax)
        } giveUp: {
          send(reply, .success([]))
        }
      }
    }
    switch answer {
    case .deliveries(let result):
      return try result.get()
    case .cancelled:
      // Records may have been on their way: they were not delivered, so they must come again.
      change { member in
        member.positions = [:]
        member.isPolling = false
      }
      return []
    }
  }

  func commit(_ upTo: [BusDelivery]) async throws(BusError) {
    let answer: Result<Void, BusError> = await bus.world.exchange(
      "bus.commit", ifCancelled: .failure(.outcomeUnknown)
    ) { reply in
      bus.arrive {
        let faults = bus.faults
        let isUnavailable = bus.isUnavailable()
        let isLostBefore = bus.chance.happens(faults.commitLostBefore)
        let isLostAfter = bus.chance.happens(faults.commitLostAfter)
        if isUnavailable { return bus.answer(reply, .failure(FakeBus.unreachable)) }
        if isLostBefore {
          bus.world.mark("bus.commit-lost-before")
          return bus.lose(reply)
        }
        let result = apply(upTo)
        if isLostAfter {
          bus.world.mark("bus.commit-lost-after")
          return bus.lose(reply)
        }
        bus.answer(reply, result)
      }
    }
    try answer.get()
  }

  func leave() async {
    await bus.world.exchange("bus.leave", ifCancelled: ()) { reply in
      bus.arrive {
        bus.remove(member, session: session, from: group)
        reply.send(())
      }
    }
  }

  // MARK: At the bus

  /// Whether a record there is for this member, if it still is one.
  private func isMine(_ place: TopicPartition) -> Bool {
    bus.state.withLock { state in
      state.groups[group]?.member(member, session: session)?.places.contains(place) ?? true
    }
  }

  private func attempt(_ reply: Reply<Answer>, recordsMax: Int) -> Bool {
    guard let found = bus.member(member, session: session, of: group) else {
      send(reply, .failure(.fenced))
      return true
    }
    guard reply.caller.isAlive else { return true }
    guard let starts = starts(of: found) else {
      send(reply, .failure(.offsetGone))
      return true
    }
    let result = bus.read(starts, recordsMax: recordsMax)
    switch result {
    case .success(let deliveries) where deliveries.isEmpty:
      return false
    case .success(let deliveries):
      change { member in
        for delivery in deliveries { member.positions[delivery.place] = delivery.offset + 1 }
      }
      send(reply, result)
    case .failure:
      send(reply, result)
    }
    return true
  }

  /// Where each partition goes on: at the member's position, at what the group has committed, or at
  /// the beginning of what the log still holds.
  ///
  /// - Returns: nil when records were deleted that it was to read; the group has moved on to what
  ///   is left.
  private func starts(
    of found: ConsumerGroup.Member
  ) -> [(place: TopicPartition, offset: Int64)]? {
    bus.state.withLock { state in
      let committed = state.groups[group]?.committed ?? [:]
      var starts: [(place: TopicPartition, offset: Int64)] = []
      var left: [(place: TopicPartition, offset: Int64)] = []
      starts.reserveCapacity(found.places.count)
      // In order, so that a topic is looked up once.
      var topic = FakeBus.OpenTopic()
      for place in found.places {
        let known = found.positions[place] ?? committed[place]
        guard let log = topic.log(place, in: state) else {
          starts.append((place, 0))
          continue
        }
        if let known, known < log.earliest { left.append((place, log.earliest)) }
        let wanted = known ?? 0
        let isThere = (log.earliest...log.end).contains(wanted)
        starts.append((place, isThere ? wanted : log.earliest))
      }
      for (place, earliest) in left {
        state.groups.update(group) { group in
          group.committed[place] = max(group.committed[place] ?? 0, earliest)
          group.update(member) { $0.positions[place] = earliest }
        }
      }
      return left.isEmpty ? starts : nil
    }
  }

  private func apply(_ upTo: [BusDelivery]) -> Result<Void, BusError> {
    guard let found = bus.member(member, session: session, of: group) else {
      return .failure(.fenced)
    }
    // A partition that has moved is another's to commit. Who did not notice must join again.
    guard upTo.allSatisfy({ found.places.contains($0.place) }) else {
      bus.remove(member, session: session, from: group)
      return .failure(.fenced)
    }
    var ends: SortedMap<TopicPartition, Int64> = [:]
    for delivery in upTo {
      ends[delivery.place] = max(ends[delivery.place] ?? 0, delivery.offset + 1)
    }
    let now = bus.world.elapsed
    bus.state.withLock { [ends] state in
      state.groups.update(group) { group in
        for (place, next) in ends {
          group.committed[place] = max(group.committed[place] ?? 0, next)
        }
        group.update(member) { $0.lastActive = now }
      }
    }
    bus.world.note("bus.committed", session)
    return .success(())
  }

  private func send(_ reply: Reply<Answer>, _ result: Result<[BusDelivery], BusError>) {
    change { $0.isPolling = false }
    let delay = bus.latency.length(in: bus.faults.answerLatency)
    bus.world.schedule(after: delay) { reply.send(.deliveries(result)) }
  }

  private func change(_ change: (inout ConsumerGroup.Member) -> Void) {
    let now = bus.world.elapsed
    bus.state.withLock { state in
      state.groups.update(group) { group in
        guard group.member(member, session: session) != nil else { return }
        group.update(member) { member in
          member.lastActive = now
          change(&member)
        }
      }
    }
  }
}
