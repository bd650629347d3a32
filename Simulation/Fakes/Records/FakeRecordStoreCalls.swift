internal import Domain
public import Ports
internal import SimulationKit
internal import Synchronization

/// The port: every call travels to the store, takes effect in one world event, and travels back.
extension FakeRecordStore {
  public func get(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    try await read("records.get") { store in
      store.state.withLock { state in
        Result { () throws(StoreError) in try state.content.rows(table, keys) }
      }
    }
  }

  public func query(_ query: RecordQuery) async throws(StoreError) -> RecordPage {
    try await read("records.query") { store in
      let isShort = store.chance.happens(store.faults.shortPages)
      if isShort { store.world.mark("records.short-page") }
      let limit = isShort ? 1 + store.chance.below(max(query.limit, 1)) : query.limit
      return store.state.withLock { state in
        Result { () throws(StoreError) in
          try state.content.table(query.table).page(query, limit: limit)
        }
      }
    }
  }

  public func settle(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    try await read("records.settle") { store in
      store.decide { doubtful, _ in doubtful.touches(table, keys) }
      return store.state.withLock { state in
        Result { () throws(StoreError) in try state.content.rows(table, keys) }
      }
    }
  }

  public func pending(shard: String, limit: Int) async throws(StoreError) -> [PendingMessage] {
    try await read("records.pending") { store in
      let messages = store.state.withLock { $0.content.outbox.messages(of: shard) }
      let ordered = store.faults.shufflesOutbox ? store.interleaved(messages) : messages
      return .success(Array(ordered.prefix(max(limit, 0))))
    }
  }

  public func commit(_ batch: RecordBatch) async throws(StoreError) -> CommitID {
    let answer: Result<CommitID, StoreError> = await world.exchange(
      "records.commit", ifCancelled: .failure(.outcomeUnknown)
    ) { reply in
      self.world.schedule(after: self.latency.length(in: self.faults.requestLatency)) {
        let (answer, delay) = self.receive(batch, from: reply.caller)
        self.answer(reply, answer, after: delay)
      }
    }
    return try answer.get()
  }

  public func acknowledge(shard: String, _ ids: [Int64]) async throws(StoreError) {
    let answer: Result<Void, StoreError> = await world.exchange(
      "records.acknowledge", ifCancelled: .failure(.outcomeUnknown)
    ) { reply in
      self.world.schedule(after: self.latency.length(in: self.faults.requestLatency)) {
        let fate = self.drawFate()
        if fate == .applied || fate == .lostAfter {
          self.state.withLock { $0.content.acknowledge(shard, ids) }
        }
        let answer: Result<Void, StoreError> =
          switch fate {
          case .applied: .success(())
          case .unavailable, .conflict: .failure(.unavailable("the store is not reachable"))
          case .lostBefore, .lostAfter, .lostLater: .failure(.outcomeUnknown)
          }
        self.answer(reply, answer, after: self.delay(of: fate))
      }
    }
    try answer.get()
  }

  public func waitForPending(shard: String, until deadline: Duration) async {
    let alarm = Alarm()
    await world.exchange("records.waitForPending", ifCancelled: ()) { reply in
      let isSpurious = self.chance.happens(self.faults.spuriousWakes)
      if isSpurious { self.world.mark("records.spurious-wake") }
      let isPending = self.state.withLock { state in
        let isPending = !state.content.outbox.messages(of: shard).isEmpty
        if !isPending { state.waiting.append((shard, reply)) }
        return isPending
      }
      let length = isSpurious || isPending ? .zero : deadline
      alarm.set(self.world.schedule(after: length) { reply.send(()) })
    }
    alarm.cancel()
    state.withLock { $0.waiting.removeAll { $0.reply.isAnswered || !$0.reply.caller.isAlive } }
  }
}

/// What happens to a call on its way.
private enum CallFate {
  case applied
  case unavailable
  case conflict
  /// The client learns nothing; the call did not take effect.
  case lostBefore
  case lostAfter
  /// Held in doubt, and decided later.
  case lostLater
}

extension FakeRecordStore {
  private func read<Answer: Sendable>(
    _ label: StaticString,
    _ perform: @escaping @Sendable (FakeRecordStore) -> Result<Answer, StoreError>
  ) async throws(StoreError) -> Answer {
    let answer: Result<Answer, StoreError> = await world.exchange(
      label, ifCancelled: .failure(.unavailable("the caller was cancelled"))
    ) { reply in
      self.world.schedule(after: self.latency.length(in: self.faults.requestLatency)) {
        let isRefused = self.chance.happens(self.faults.unavailable) || self.faults.isDown
        self.answer(
          reply,
          isRefused ? .failure(.unavailable("the store is not reachable")) : perform(self),
          after: self.latency.length(in: self.faults.answerLatency))
      }
    }
    return try answer.get()
  }

  private func receive(
    _ batch: RecordBatch, from writer: Incarnation
  ) -> (Result<CommitID, StoreError>, Duration) {
    let fate = drawFate()
    let delay = delay(of: fate)
    switch fate {
    case .unavailable:
      world.mark("records.unavailable")
      return (.failure(.unavailable("the store is not reachable")), delay)
    case .conflict:
      world.mark("records.spurious-conflict")
      return (.failure(.conflict), delay)
    case .lostBefore:
      world.mark("records.lost-before")
      return (.failure(.outcomeUnknown), delay)
    case .applied, .lostAfter:
      decide { doubtful, unique in doubtful.overlaps(batch, uniqueTables: unique) }
      if fate == .lostAfter { world.mark("records.lost-after") }
      let answer = applied(batch, by: writer)
      return (fate == .applied ? answer : .failure(.outcomeUnknown), delay)
    case .lostLater:
      decide { doubtful, unique in doubtful.overlaps(batch, uniqueTables: unique) }
      hold(batch, from: writer)
      return (.failure(.outcomeUnknown), delay)
    }
  }

  private func hold(_ batch: RecordBatch, from writer: Incarnation) {
    let isGood = state.withLock { state in
      do throws(StoreError) {
        try state.content.checkForm(of: batch)
        try state.content.judge(batch)
        return true
      } catch {
        return false
      }
    }
    guard isGood else { return }
    let willApply = chance.happens(.percent(75))
    let version = newVersion()
    let messageIDs = newMessageIDs(batch.messages.count)
    let number = state.withLock { state in
      state.doubtfulSoFar += 1
      state.doubtful.append(
        DoubtfulCommit(
          number: state.doubtfulSoFar, batch: batch, version: version, messageIDs: messageIDs,
          willApply: willApply, writer: writer))
      return state.doubtfulSoFar
    }
    world.mark("records.in-doubt", version.bits)
    world.schedule(after: chance.length(in: .zero...faults.applyLaterMax)) {
      self.decide { doubtful, _ in doubtful.number == number }
    }
  }

  /// Draws for every possible fate, so that changing one chance moves no other fate.
  private func drawFate() -> CallFate {
    let faults = faults
    let isUnavailable = chance.happens(faults.unavailable) || faults.isDown
    let isConflict = chance.happens(faults.conflict)
    let isLostBefore = chance.happens(faults.unknownNotApplied)
    let isLostAfter = chance.happens(faults.unknownApplied)
    let isLostLater = chance.happens(faults.unknownLater)
    if isUnavailable { return .unavailable }
    if isConflict { return .conflict }
    if isLostBefore { return .lostBefore }
    if isLostAfter { return .lostAfter }
    return isLostLater ? .lostLater : .applied
  }

  private func delay(of fate: CallFate) -> Duration {
    switch fate {
    case .applied, .unavailable, .conflict: latency.length(in: faults.answerLatency)
    case .lostBefore, .lostAfter, .lostLater: latency.length(in: faults.lostAnswerLatency)
    }
  }

  private func answer<Answer>(
    _ reply: Reply<Result<Answer, StoreError>>, _ answer: Result<Answer, StoreError>,
    after delay: Duration
  ) {
    if delay > .zero {
      world.schedule(after: delay) { reply.send(answer) }
    } else {
      reply.send(answer)
    }
  }

  /// Any order that keeps the messages of each key in theirs.
  private func interleaved(_ messages: [PendingMessage]) -> [PendingMessage] {
    var queues: SortedMap<String, [PendingMessage]> = [:]
    for message in messages.reversed() { queues[message.record.key, default: []].append(message) }
    var mixed: [PendingMessage] = []
    mixed.reserveCapacity(messages.count)
    while !queues.isEmpty {
      let key = queues.keys[chance.below(queues.count)]
      if let message = queues.update(key, { $0.removeLast() }) { mixed.append(message) }
      if queues[key]?.isEmpty == true { queues.removeValue(for: key) }
    }
    return mixed
  }
}
