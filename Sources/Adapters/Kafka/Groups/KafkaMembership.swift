internal import CKafka
internal import Domain
internal import Ports
internal import SystemAdapter

/// A member of a consumer group, with a consumer of its own.
///
/// Everything that comes is taken when somebody polls, the news of moving partitions included: they
/// move when the records of the poll before have been worked on. Confined to the loop, but for the
/// methods of `BusMembership`.
final class KafkaMembership: BusMembership, @unchecked Sendable {
  let group: String
  let member: String
  private let bus: KafkaBus
  private var client: KafkaClient?
  private var commits: OpaquePointer?
  private var bell: QueueBell?
  private var waits: [PollWait] = []
  private var committing: [CommitWait] = []
  private var isOver = false

  /// The partitions that it has, with the offset that it reads next.
  private var positions: [TopicPartition: Int64] = [:]
  private var committed: [TopicPartition: Int64] = [:]
  /// Changes with every assignment.
  private var generation = 0
  private var isGoneToBeTold = false
  private var isCutOffToBeTold = false

  init(_ bus: KafkaBus, group: String, member: String) {
    self.bus = bus
    self.group = group
    self.member = member
  }

  deinit {
    if let client { KafkaMembership.dismiss(client, bell, commits, leaving: true, bus) }
  }

  /// Joins the group.
  func begin(_ topics: [String]) async throws(BusError) {
    let begun = PendingAnswer<BusError?>()
    let failure = await begun.value {
      bus.loop.perform {
        do throws(BusError) {
          try self.subscribe(topics)
          begun.end(nil)
        } catch {
          begun.end(error)
        }
      }
    }
    if let failure { throw failure }
  }

  func poll(recordsMax: Int, wait: Duration) async throws(BusError) -> [BusDelivery] {
    guard recordsMax > 0 else { throw .refused("at least one record must be asked for") }
    let call = PollWait(
      recordsMax: min(recordsMax, bus.configuration.deliveriesMax), until: bus.time.uptime() + wait)
    let loop = bus.loop
    let outcome = await withTaskCancellationHandler {
      await call.answer.value { loop.perform { self.begin(call) } }
    } onCancel: {
      loop.perform { self.drop(call) }
    }
    return try outcome.get()
  }

  func commit(_ upTo: [BusDelivery]) async throws(BusError) {
    var offsets: [TopicPartition: Int64] = [:]
    for delivery in upTo {
      offsets[delivery.place] = max(offsets[delivery.place] ?? 0, delivery.offset + 1)
    }
    if let failure = await store(offsets) { throw failure }
  }

  func leave() async { await end() }

  /// Ends the membership; whoever calls is fenced from now on.
  func end(leaving: Bool = true) async {
    let ended = PendingAnswer<Void>()
    await ended.value {
      bus.loop.perform {
        self.end(isLeaving: leaving)
        ended.end(())
      }
    }
  }

  /// - Parameter isForced: whether an older offset takes the place of a newer one, too.
  private func store(
    _ offsets: [TopicPartition: Int64], isForced: Bool = false
  ) async -> BusError? {
    let call = CommitWait(offsets, isForced: isForced)
    return await call.answer.value { bus.loop.perform { self.begin(call) } }
  }

  // MARK: On the loop

  private func subscribe(_ topics: [String]) throws(BusError) {
    guard !isOver else { throw .fenced }
    let client = try KafkaClient(
      .consumer, bus.configuration.membership(of: group, named: member), named: group,
      telemetry: bus.telemetry)
    self.client = client
    let bell = try QueueBell(on: bus.loop) { [weak self] in self?.rung() }
    bell.attach(to: client.queue)
    self.bell = bell
    guard let commits = rd_kafka_queue_new(client.handle) else {
      throw .unavailable("there is no memory for a member of \(group)")
    }
    bell.attach(to: commits)
    self.commits = commits
    let list = PlaceList(topics.map { (TopicPartition($0, -1), 0) })
    let code = rd_kafka_subscribe(client.handle, list.list)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BusError(code) }
  }

  private func begin(_ call: PollWait) {
    guard !isOver else { return call.end(.failure(.fenced)) }
    guard !call.isOver, !serve(call) else { return }
    waits.append(call)
    let timer = LoopTimer(on: bus.loop) { [weak self, weak call] _ in
      if let call { self?.drop(call) }
    }
    call.timer = timer
    timer.set(to: call.deadline)
  }

  /// Answers a call that does not wait any longer.
  private func drop(_ call: PollWait) {
    waits.removeAll { $0 === call }
    if !call.isOver { call.end(.success([])) }
  }

  private func rung() {
    takeCommits()
    let waiting = waits
    for call in waiting where !call.isOver && !isOver && serve(call) {
      waits.removeAll { $0 === call }
    }
  }

  /// - Returns: whether the call is answered.
  private func serve(_ call: PollWait) -> Bool {
    var records: [BusDelivery] = []
    while records.count < call.recordsMax, !isOver, let event = client?.nextEvent() {
      defer { rd_kafka_event_destroy(event) }
      switch rd_kafka_event_type(event) {
      case RD_KAFKA_EVENT_FETCH: take(event, into: &records)
      case RD_KAFKA_EVENT_REBALANCE: rebalance(event, &records)
      case RD_KAFKA_EVENT_ERROR: takeError(event)
      default: break
      }
    }
    if isOver {
      call.end(.failure(.fenced))
    } else if !records.isEmpty {
      call.end(.success(records))
    } else if isGoneToBeTold {
      isGoneToBeTold = false
      call.end(.failure(.offsetGone))
    } else if isCutOffToBeTold {
      isCutOffToBeTold = false
      call.end(.failure(.unavailable("no broker can be reached")))
    }
    return call.isOver
  }

  private func take(_ event: OpaquePointer, into records: inout [BusDelivery]) {
    while let message = rd_kafka_event_message_next(event) {
      guard let delivery = Delivered.delivery(message), let next = positions[delivery.place],
        delivery.offset >= next
      else { continue }
      positions[delivery.place] = delivery.offset + 1
      records.append(delivery)
    }
  }

  private func takeError(_ event: OpaquePointer) {
    let code = rd_kafka_event_error(event)
    switch code {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      guard let entry = rd_kafka_event_topic_partition(event) else { return }
      defer { rd_kafka_topic_partition_destroy(entry) }
      guard let topic = entry.pointee.topic else { return }
      skip(TopicPartition(String(cString: topic), Int(entry.pointee.partition)))
    case RD_KAFKA_RESP_ERR__FATAL:
      end(isLeaving: false)
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      client?.tell(event)
      isCutOffToBeTold = true
    default:
      guard BusError(code) == .fenced else {
        client?.tell(event)
        return
      }
      end(isLeaving: false)
    }
  }

  // MARK: Partitions that come and go

  /// - Parameter records: what is being taken; nothing of partitions that go stays in it.
  private func rebalance(_ event: OpaquePointer, _ records: inout [BusDelivery]) {
    generation += 1
    positions = [:]
    committed = [:]
    records = []
    guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS,
      let list = rd_kafka_event_topic_partition_list(event)
    else {
      if let client { rd_kafka_assign(client.handle, nil) }
      return
    }
    let places = PlaceList(owning: rd_kafka_topic_partition_list_copy(list)).entries.map(\.place)
    findOffsets(places, generation)
  }

  /// Begins at what the group has committed, or at the first record.
  private func findOffsets(_ places: [TopicPartition], _ generation: Int) {
    guard let client else { return }
    let bus = bus
    _ = bus.loop.root { [weak self] in
      while true {
        do throws(BusError) {
          let administrator = bus.administrator
          let found = try await blocking(bus.pool) { () throws(BusError) in
            let known = try administrator.committed(places, of: client)
            let new = places.filter { known[$0] == nil }
            let starts = new.isEmpty ? [:] : try administrator.offsets(new, .earliest)
            return (known, starts)
          }
          guard let self else { return }
          return bus.loop.perform { self.assign(found.0, found.1, generation) }
        } catch {
          bus.telemetry.log(
            .warning, "kafka.offsets-unknown",
            [("group", self?.group ?? ""), ("error", "\(error)")])
          guard (try? await bus.time.sleep(for: .milliseconds(200))) != nil, let self,
            self.isCurrent(generation)
          else { return }
        }
      }
    }
  }

  /// Called on the loop, as all roots are.
  private func isCurrent(_ generation: Int) -> Bool { !isOver && self.generation == generation }

  private func assign(
    _ known: [TopicPartition: Int64], _ starts: [TopicPartition: Int64], _ generation: Int
  ) {
    guard isCurrent(generation) else { return }
    committed = known
    positions = known.merging(starts) { one, _ in one }
    assignPositions()
  }

  private func assignPositions() {
    guard let client else { return }
    let list = PlaceList(
      positions.sorted { $0.key < $1.key }.map { (place: $0.key, offset: $0.value) })
    let code = rd_kafka_assign(client.handle, list.list)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      bus.telemetry.log(
        .warning, "kafka.assign-failed",
        [("group", group), ("error", String(cString: rd_kafka_err2str(code)))])
    }
  }

  /// What the group would read next is not there any more: it goes on with what is left, says so
  /// to the broker, and then to whoever polls.
  private func skip(_ place: TopicPartition) {
    guard positions[place] != nil else { return }
    let (bus, generation) = (bus, generation)
    _ = bus.loop.root { [weak self] in
      while let self, self.isCurrent(generation) {
        let administrator = bus.administrator
        do throws(BusError) {
          let start = try await blocking(bus.pool) { () throws(BusError) in
            try administrator.offsets([place], .earliest)[place]
          }
          if let start {
            if let failure = await self.store([place: start], isForced: true) { throw failure }
            bus.loop.perform { self.skipped(place, to: start, generation) }
            return
          }
        } catch {
          bus.telemetry.log(
            .warning, "kafka.offsets-unknown", [("group", self.group), ("error", "\(error)")])
        }
        guard (try? await bus.time.sleep(for: .milliseconds(200))) != nil else { return }
      }
    }
  }

  private func skipped(_ place: TopicPartition, to start: Int64, _ generation: Int) {
    guard isCurrent(generation) else { return }
    positions[place] = start
    assignPositions()
    isGoneToBeTold = true
    rung()
  }

  // MARK: Commits

  private func begin(_ call: CommitWait) {
    guard !isOver, let client, let commits else { return call.answer.end(.fenced) }
    // A partition that has moved is its new owner's, and an older offset would take work back.
    let offsets = call.offsets.filter { place, offset in
      positions[place] != nil && (call.isForced || offset > committed[place] ?? -1)
    }
    guard !offsets.isEmpty else { return call.answer.end(nil) }
    let list = PlaceList(offsets.map { (place: $0.key, offset: $0.value) })
    let held = Unmanaged.passRetained(call)
    let code = rd_kafka_commit_queue(
      client.handle, list.list, commits, { _, _, _, _ in }, held.toOpaque())
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      held.release()
      return call.answer.end(BusError(code))
    }
    committing.append(call)
  }

  private func takeCommits() {
    while let commits, let event = rd_kafka_queue_poll(commits, 0) {
      defer { rd_kafka_event_destroy(event) }
      guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT,
        let opaque = rd_kafka_event_opaque(event)
      else { continue }
      let call = Unmanaged<CommitWait>.fromOpaque(opaque).takeRetainedValue()
      committing.removeAll { $0 === call }
      let code = rd_kafka_event_error(event)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET else {
        let failure = BusError(code)
        call.answer.end(failure)
        if failure == .fenced { end(isLeaving: false) }
        continue
      }
      for (place, offset) in call.offsets where positions[place] != nil {
        committed[place] = call.isForced ? offset : max(committed[place] ?? -1, offset)
      }
      call.answer.end(nil)
    }
  }

  // MARK: The end

  private func end(isLeaving: Bool) {
    guard !isOver else { return }
    isOver = true
    positions = [:]
    for call in waits { call.end(.failure(.fenced)) }
    waits = []
    for call in committing { call.answer.end(.fenced) }
    committing = []
    guard let client else { return }
    KafkaMembership.dismiss(client, bell, commits, leaving: isLeaving, bus)
    self.client = nil
    bell = nil
    commits = nil
  }

  /// The library's threads end elsewhere: that may take as long as a request to the broker.
  private static func dismiss(
    _ client: KafkaClient, _ bell: QueueBell?, _ commits: OpaquePointer?, leaving: Bool,
    _ bus: KafkaBus
  ) {
    let ending = Ending(bell: bell, commits: commits)
    let pool = bus.pool
    bus.loop.perform {
      ending.bell?.close()
      _ = bus.loop.root {
        _ = try? await pool.run {
          if let commits = ending.commits { rd_kafka_queue_destroy(commits) }
          client.destroy(leaving: leaving)
        }
      }
    }
  }

  /// What goes to the loop and to a thread for the last time.
  private struct Ending: @unchecked Sendable {
    var bell: QueueBell?
    var commits: OpaquePointer?
  }
}
