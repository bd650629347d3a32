internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit
internal import Synchronization

/// Sends what is due, a bounded number at once, none of it while anybody else does.
final class Dispatcher: Sendable {
  let wake = Signal()
  private let ports: NotificationPorts
  private let desk: DeliveryDesk
  private let sending: Sending
  private let state = Mutex(DispatchState())

  init(_ ports: NotificationPorts, desk: DeliveryDesk) {
    self.ports = ports
    self.desk = desk
    sending = Sending(ports: ports)
  }

  private var configuration: NotificationConfiguration { ports.configuration }
  private var time: any Time { ports.context.time }

  /// A due message, and where it goes.
  private struct Due: Sendable {
    var id: DeliveryID
    var receiver: String
    var limit: Int
  }

  /// Runs until the task is cancelled; what is under way then is stopped, and its outcome unknown.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        do throws(StoreError) {
          for due in try await look() {
            group.addTask { await self.carry(due) }
          }
        } catch {
          ports.context.telemetry.log(.warning, "dispatch.retry", [("error", "\(error)")])
        }
        await wake.wait(atMost: await pause(), time)
      }
    }
  }

  // MARK: What is due

  /// Takes as many due messages as there is room for, the oldest first.
  private func look() async throws(StoreError) -> [Due] {
    var taken: [Due] = []
    var after: RecordCursor?
    var scanned = 0
    let table = NotificationTables.deliveries
    repeat {
      let now = time.now()
      let page = try await ports.store.query(
        table,
        RecordQuery(
          table: table.name, index: "due", upper: .including(.integer(now.microseconds)),
          limit: 100, after: after))
      scanned += page.records.count
      after = page.next
      let subscriptions = try await subscriptions(of: page.records.map(\.record))
      for row in page.records {
        guard let machine = row.record.machine,
          isFree(machine, at: row.version)
        else { continue }
        let due = due(machine.id, row.record, subscriptions[row.record.subscription])
        let isTaken = state.withLock {
          $0.begin(due.id, to: due.receiver, limit: due.limit, in: configuration)
        }
        if isTaken { taken.append(due) }
      }
    } while after != nil && scanned < configuration.rowsScannedMax
    return taken
  }

  /// Whether nobody has it under way: not this process, and no other one that still lives.
  private func isFree(_ machine: Delivery, at version: CommitID) -> Bool {
    switch machine.phase {
    case .waiting:
      state.withLock { $0.forget(machine.id) }
      return true
    case .sending:
      return state.withLock { state in
        state.underWay[machine.id] == nil
          && state.isAbandoned(
            machine.id, at: version, now: time.uptime(), lease: configuration.delivery.lease)
      }
    case .delivered, .failed, .unknown:
      return false
    }
  }

  private func subscriptions(
    of records: [DeliveryRecord]
  ) async throws(StoreError) -> SortedMap<String, SubscriptionRecord> {
    let ids = SortedSet(records.map(\.subscription).filter { !$0.isEmpty })
    let keys = ids.map { [RecordValue.text($0)] }
    let rows = try await ports.store.get(NotificationTables.subscriptions, keys)
    return SortedMap(zip(ids, rows).compactMap { pair in pair.1.map { (pair.0, $0.record) } })
  }

  private func due(
    _ id: DeliveryID, _ record: DeliveryRecord, _ subscription: SubscriptionRecord?
  ) -> Due {
    guard record.mail.isEmpty else {
      return Due(id: id, receiver: "mail", limit: configuration.mailsInFlightMax)
    }
    let origin = subscription.flatMap { WebhookURL($0.url)?.origin } ?? ""
    return Due(id: id, receiver: origin, limit: configuration.deliveriesPerReceiverMax)
  }

  /// Until the next message is due.
  private func pause() async -> Duration {
    let now = time.now()
    let table = NotificationTables.deliveries
    do throws(StoreError) {
      let next = try await ports.store.query(
        table,
        RecordQuery(
          table: table.name, index: "due", lower: .excluding(.integer(now.microseconds)), limit: 1))
      state.withLock {
        $0.forgetOld(
          before: Uptime(microseconds: time.uptime().microseconds)
            + (.zero - configuration.delivery.lease * 4))
      }
      guard let due = next.records.first?.record.dueUs else { return configuration.lookEvery }
      let wait = Moment(microseconds: due) - now
      return min(max(wait, .milliseconds(1)), configuration.lookEvery)
    } catch {
      return configuration.retryWait
    }
  }

  // MARK: One message

  private func carry(_ due: Due) async {
    do throws(StoreError) {
      try await carryOn(due)
    } catch {
      ports.context.telemetry.log(
        .warning, "delivery.put-off", [("delivery", due.id.text), ("error", "\(error)")])
      try? await time.sleep(for: configuration.retryWait)
    }
    state.withLock { $0.end(due.id) }
    wake.wake()
  }

  private func carryOn(_ due: Due) async throws(StoreError) {
    guard let record = try await desk.record(due.id.text), let machine = record.machine else {
      return
    }
    if case .sending = machine.phase {
      ports.context.probe.reached("notification.sender-lost")
      _ = try await desk.apply(.senderLost, to: due.id)
      return
    }
    let subscription = try await subscription(of: record)
    if let obstacle = obstacle(record, subscription) {
      _ = try await desk.apply(obstacle, to: due.id)
      return
    }
    guard let claim = try await desk.apply(.claimed(by: ports.context.process), to: due.id),
      let attempt = attempt(claim)
    else { return }
    let reply = await send(claim.record, subscription, attempt)
    state.withLock { $0.note(due.receiver, isFailing: reply.note.code.holdsUp) }
    measure(record, reply)
    await settle(.answered(attempt: attempt, Delivery.Answer(reply)), due.id)
  }

  /// Hands it over, in the trace of its run.
  private func send(
    _ record: DeliveryRecord, _ subscription: SubscriptionRecord?, _ attempt: Int
  ) async -> DeliveryReply {
    guard let run = TraceContext(traceparent: record.trace) else {
      return await sending.send(record, subscription)
    }
    let (here, start) = (ports.context.span(under: run), time.now())
    let reply = await CurrentTrace.$context.withValue(here) {
      await sending.send(record, subscription)
    }
    ports.context.telemetry.record(
      TraceSpan(
        "deliver \(record.channel)", .client, here, under: run.span, from: start, to: time.now(),
        [
          SpanNames.run: .text(record.end?.run ?? ""), SpanNames.delivery: .text(record.delivery),
          SpanNames.attempt: .number(Int64(attempt)),
          SpanNames.outcome: .text(reply.note.code.rawValue),
        ], failure: reply.isSuccess ? nil : reply.note.code.rawValue))
    return reply
  }

  private func subscription(
    of record: DeliveryRecord
  ) async throws(StoreError) -> SubscriptionRecord? {
    guard !record.subscription.isEmpty else { return nil }
    return try await ports.store.get(
      NotificationTables.subscriptions, key: [.text(record.subscription)])?.record
  }

  /// Why it cannot be sent now, if so. Tests are sent whatever state the subscription is in: to see
  /// whether it would work again.
  private func obstacle(
    _ record: DeliveryRecord, _ subscription: SubscriptionRecord?
  ) -> Delivery.Event? {
    if !record.mail.isEmpty, ports.mailer == nil {
      return .dropped(Delivery.Note("mail-not-set-up", "this installation has no mail server"))
    }
    guard !record.subscription.isEmpty else { return nil }
    guard let subscription else {
      return .dropped(Delivery.Note("subscription-gone", "its subscription was deleted"))
    }
    if record.isTest { return nil }
    switch subscription.health.phase {
    case .active:
      return nil
    case .paused:
      return .held(
        until: time.now() + configuration.heldLookEvery,
        Delivery.Note("subscription-paused", "its subscription is paused"))
    case .disabled:
      return .dropped(
        Delivery.Note("subscription-disabled", "the receiver wants nothing any more"))
    }
  }

  /// The number of the attempt that this process has to make now.
  private func attempt(_ claim: DeliveryDesk.Change) -> Int? {
    for case .send(let attempt) in claim.effects { return attempt }
    // The commit in doubt was applied: what is under way is ours.
    if claim.wasInDoubt, case .sending(let sender, _, _) = claim.machine.phase,
      sender == ports.context.process
    {
      return claim.machine.attemptCount
    }
    return nil
  }

  /// Commits an answer, however long the store takes: it is known here and nowhere else.
  private func settle(_ event: Delivery.Event, _ id: DeliveryID) async {
    while true {
      do throws(StoreError) {
        _ = try await desk.apply(event, to: id)
        return
      } catch {
        if case .refused = error { return }
        ports.context.telemetry.log(
          .warning, "delivery.answer-not-stored", [("delivery", id.text), ("error", "\(error)")])
        guard (try? await time.sleep(for: configuration.retryWait)) != nil else { return }
      }
    }
  }

  private func measure(_ record: DeliveryRecord, _ reply: DeliveryReply) {
    ports.context.telemetry.count(
      "notification_attempts", 1,
      [
        ("channel", record.channel), ("result", reply.note.code.rawValue),
      ])
    ports.context.telemetry.log(
      reply.isSuccess ? .info : .warning, "delivery.attempted",
      [
        ("delivery", record.delivery), ("run", record.end?.run ?? ""),
        ("result", reply.note.code.rawValue),
      ])
  }
}

extension DeliveryNote.Code {
  /// Whether the next message to the same receiver would probably take a place for long, and in
  /// vain: an answer of any kind says that it would not.
  fileprivate var holdsUp: Bool {
    switch self {
    case .nameNotFound, .unreachable, .tls, .timedOut, .disconnected, .malformed: true
    case .accepted, .gone, .rejected, .busy, .status, .redirected, .destinationRefused, .invalid,
      .loginRefused, .stopped:
      false
    }
  }
}

extension DeliveryReply {
  fileprivate var isSuccess: Bool {
    if case .delivered = self { true } else { false }
  }
}
