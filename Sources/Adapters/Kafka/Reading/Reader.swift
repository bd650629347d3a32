internal import CKafka
internal import Domain
internal import Ports
internal import SystemAdapter

/// Reads partitions by offsets. Each place keeps being read where the last call for it ended, ahead
/// of the next one; a call for another offset begins anew there.
///
/// Confined to the loop, but for `fetch`.
final class Reader: @unchecked Sendable {
  let client: KafkaClient
  private let configuration: KafkaConfiguration
  private let loop: EventLoop
  private let time: any Time
  private let pool: BlockingPool
  private var bell: QueueBell?
  private var places: [TopicPartition: ReadPlace] = [:]
  private var waits: [FetchWait] = []
  private var sweep: LoopTimer?
  private var isClosed = false
  private var turn = 0
  /// Whether no broker can be reached: nobody is told then that there is nothing.
  private var isCutOff = false

  /// On the loop.
  init(
    _ configuration: KafkaConfiguration, on loop: EventLoop, time: any Time, pool: BlockingPool,
    telemetry: any Telemetry
  ) throws(BusError) {
    self.configuration = configuration
    self.loop = loop
    self.time = time
    self.pool = pool
    client = try KafkaClient(
      .consumer, configuration.reading, named: "reader", telemetry: telemetry)
    let bell = try QueueBell(on: loop) { [weak self] in self?.rung() }
    bell.attach(to: client.queue)
    self.bell = bell
    sweep = LoopTimer(on: loop) { [weak self] isDue in
      if isDue { self?.forgetIdle() }
    }
    sweep?.set(to: time.uptime() + configuration.forgetPlacesAfter)
  }

  func fetch(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int, wait: Duration
  ) async throws(BusError) -> [BusDelivery] {
    let isCareful = wait <= .zero
    let call = FetchWait(
      from, recordsMax: min(recordsMax, configuration.deliveriesMax),
      until: time.uptime() + (isCareful ? configuration.answerWithin : wait), isCareful: isCareful)
    let outcome = await withTaskCancellationHandler {
      await call.answer.value { loop.perform { self.begin(call) } }
    } onCancel: {
      loop.perform { self.drop(call, isCancelled: true) }
    }
    return try outcome.get()
  }

  func close() {
    isClosed = true
    for call in waits { call.end(.failure(.unavailable("the bus is closed"))) }
    waits = []
    bell?.close()
    sweep?.cancel()
    places = [:]
  }

  // MARK: On the loop

  private func begin(_ call: FetchWait) {
    guard !isClosed else { return call.end(.failure(.unavailable("the bus is closed"))) }
    guard !isCutOff else { return call.end(.failure(Reader.cutOff)) }
    guard !call.isOver else { return }
    let now = time.uptime()
    var changed: [(place: TopicPartition, offset: Int64)] = []
    for (place, offset) in call.from {
      guard let known = places[place], known.next == offset else {
        changed.append((place, offset))
        continue
      }
      known.usedAt = now
      // Whether something has come since is only known when the broker is asked once more.
      if call.isCareful, rd_kafka_queue_length(known.queue) == 0 { changed.append((place, offset)) }
    }
    if let failure = assign(changed, at: now) { return call.end(.failure(failure)) }
    if serve(call) { return }
    waits.append(call)
    let timer = LoopTimer(on: loop) { [weak self, weak call] _ in
      guard let self, let call, !call.isOver else { return }
      drop(call)
    }
    call.timer = timer
    timer.set(to: call.deadline)
  }

  /// Answers a call that does not wait any longer.
  private func drop(_ call: FetchWait, isCancelled: Bool = false) {
    waits.removeAll { $0 === call }
    guard !call.isOver else { return }
    // What is taken for somebody who has gone would be missing later.
    guard !isCancelled else { return call.end(.success([])) }
    if serve(call) { return }
    let isUnknown = call.isCareful && !areKnown(call)
    call.end(
      isUnknown ? .failure(.unavailable("the broker does not answer in time")) : .success([]))
  }

  /// Begins to read the places where they are wanted.
  private func assign(
    _ wanted: [(place: TopicPartition, offset: Int64)], at now: Uptime
  ) -> BusError? {
    guard !wanted.isEmpty else { return nil }
    let held = wanted.filter { places[$0.place] != nil }
    if !held.isEmpty, let failure = unassign(held.map(\.place)) { return failure }
    for (place, offset) in wanted {
      let known = places[place] ?? ReadPlace(place, of: client, next: offset, at: now)
      guard let known else { return .unavailable("there is no memory to read \(place)") }
      known.next = offset
      known.isKnown = false
      known.usedAt = now
      if places[place] == nil { bell?.attach(to: known.queue) }
      places[place] = known
    }
    let list = PlaceList(wanted)
    if let error = rd_kafka_incremental_assign(client.handle, list.list) { return failure(error) }
    return nil
  }

  private func unassign(_ gone: [TopicPartition]) -> BusError? {
    let list = PlaceList(gone.map { ($0, 0) })
    if let error = rd_kafka_incremental_unassign(client.handle, list.list) {
      return failure(error)
    }
    return nil
  }

  private func failure(_ error: OpaquePointer) -> BusError {
    defer { rd_kafka_error_destroy(error) }
    return .unavailable(String(cString: rd_kafka_error_string(error)))
  }

  private func rung() {
    while let event = client.nextEvent() {
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR { takeError(event) }
      rd_kafka_event_destroy(event)
    }
    let waiting = waits
    for call in waiting where !call.isOver && serve(call) { waits.removeAll { $0 === call } }
  }

  private static let cutOff = BusError.unavailable("no broker can be reached")

  private func takeError(_ event: OpaquePointer) {
    client.tell(event)
    guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, !isCutOff else {
      return
    }
    isCutOff = true
    for call in waits { call.end(.failure(Reader.cutOff)) }
    waits = []
    watchForBrokers()
  }

  /// Asks until a broker answers.
  private func watchForBrokers() {
    let administrator = TopicAdministrator(
      client: client, answerWithin: configuration.answerWithin)
    let (loop, pool, time) = (loop, pool, time)
    _ = loop.root { [weak self] in
      while true {
        let isThere = try? await blocking(pool) { () throws(BusError) in
          _ = try administrator.topics()
          return true
        }
        guard let self, !self.isClosed else { return }
        if isThere == true {
          self.isCutOff = false
          return
        }
        guard (try? await time.sleep(for: .milliseconds(200))) != nil else { return }
      }
    }
  }

  /// - Returns: whether the call is answered.
  private func serve(_ call: FetchWait) -> Bool {
    var records: [BusDelivery] = []
    turn &+= 1
    let count = call.from.count
    for step in 0..<count where records.count < call.recordsMax {
      let (place, _) = call.from[(turn &+ step) % count]
      guard let known = places[place] else { continue }
      // No place takes the room of the others.
      let share = max(1, (call.recordsMax - records.count) / (count - step))
      switch known.take(max: share, into: &records) {
      case .records: break
      case .gone:
        forget([place])
        call.end(.failure(.offsetGone))
        return true
      case .failed(let why):
        call.end(.failure(why))
        return true
      }
    }
    if records.isEmpty, !(call.isCareful && areKnown(call)) { return false }
    call.end(.success(records))
    return true
  }

  private func areKnown(_ call: FetchWait) -> Bool {
    call.from.allSatisfy { places[$0.place]?.isKnown ?? false }
  }

  private func forget(_ gone: [TopicPartition]) {
    guard !gone.isEmpty else { return }
    _ = unassign(gone)
    for place in gone {
      if let known = places.removeValue(forKey: place) { bell?.detach(from: known.queue) }
    }
  }

  private func forgetIdle() {
    let now = time.uptime()
    let waited = Set(waits.flatMap { $0.from.map(\.place) })
    forget(
      places.values.filter {
        !waited.contains($0.place) && now - $0.usedAt >= configuration.forgetPlacesAfter
      }.map(\.place))
    sweep?.set(to: now + configuration.forgetPlacesAfter)
  }
}
