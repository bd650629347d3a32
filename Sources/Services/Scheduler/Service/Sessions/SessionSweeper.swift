internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Synchronization
internal import Wire

/// Finds sessions that have shown no life, ends them, and reports what they held as lost.
struct SessionSweeper: Sendable {
  let ports: SchedulerPorts
  let registry: OwnerRegistry
  let awaited: AwaitedResults
  private let reports = ReportMemory()

  init(ports: SchedulerPorts, registry: OwnerRegistry, awaited: AwaitedResults) {
    self.ports = ports
    self.registry = registry
    self.awaited = awaited
  }

  /// Runs until the task is cancelled.
  func run() async {
    var watch = SessionWatch(length: ports.configuration.sessionLease)
    while !Task.isCancelled {
      do {
        if !ports.context.probe.buggify("sessions.unswept") { try await sweep(&watch) }
      } catch {
        ports.context.telemetry.log(.warning, "sessions.not-swept", [("error", "\(error)")])
      }
      try? await ports.context.time.sleep(for: ports.configuration.sessionSweepEvery)
    }
  }

  private func sweep(_ watch: inout SessionWatch) async throws(StoreError) {
    let unswept = try await unswept()
    let live = unswept.filter { !$0.record.isOver }
    let over = SortedSet(
      watch.see(
        live.compactMap { row in
          SessionID(text: row.record.session).map { ($0, row.record.renewals) }
        }, at: ports.context.time.uptime()))
    for row in live where SessionID(text: row.record.session).map(over.contains) == true {
      ports.context.telemetry.log(
        .warning, "session.expired",
        [("session", row.record.session), ("worker", row.record.worker)])
      try await end(row)
    }
    // Those that somebody ended and did not finish with.
    for row in unswept where row.record.isOver { try await report(row) }
    await registry.learn(slots: slots(of: live.map(\.record)))
  }

  private func slots(of sessions: [SessionRecord]) -> SortedMap<PoolName, Int> {
    var slots: SortedMap<PoolName, Int> = [:]
    for session in sessions where session.state == SessionState.open {
      for pool in session.pools.compactMap({ PoolName($0) }) {
        slots[pool, default: 0] += Int(session.slots)
      }
    }
    return slots
  }

  /// Sessions that live, and those that are over and whose attempts have not been reported.
  private func unswept() async throws(StoreError) -> [Versioned<SessionRecord>] {
    var found: [Versioned<SessionRecord>] = []
    var cursor: RecordCursor?
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.sessions,
        RecordQuery(
          table: SchedulerTables.sessions.name, index: "swept", prefix: [.integer(0)],
          limit: 1_000, after: cursor))
      found += page.records
      cursor = page.next
    } while cursor != nil
    return found
  }

  /// A worker has one session: when it opens another, it has ended everything of the one before.
  func endOthers(ofWorker worker: String, besides id: SessionID) async throws(StoreError) {
    for _ in 0..<SessionSweeper.endTriesMax {
      let others = try await unswept().filter {
        !$0.record.isOver && $0.record.worker == worker && $0.record.session != id.text
      }
      guard !others.isEmpty else { return }
      for row in others { try await end(row) }
    }
    throw .unavailable("other sessions of \(worker) cannot be ended now")
  }

  /// A session that is renewed at the same moment is ended with the next try.
  private static let endTriesMax = 5

  /// Says that the session is over, which is final, and then what became of its attempts.
  func end(_ row: Versioned<SessionRecord>) async throws(StoreError) {
    var record = row.record
    record.state = SessionState.expired
    do throws(StoreError) {
      let version = try await ports.store.commit(
        RecordBatch(entries: [SchedulerTables.sessions.update(record, over: row.version)]))
      try await report(Versioned(record, at: version))
    } catch {
      // It was renewed or ended meanwhile: the next sweep sees which.
      guard error == .conflict || error == .outcomeUnknown else { throw error }
    }
  }

  /// Reports the attempts of a session that is over, again and again until their owners have taken
  /// that in: what is told may be lost with the log that it is written to. Repeating it is
  /// harmless: the fence tells.
  private func report(_ row: Versioned<SessionRecord>) async throws(StoreError) {
    guard let id = SessionID(text: row.record.session) else { return }
    let leases = try await leases(of: id)
    let answered = SortedSet(try await awaited.answered(leases.map(\.attempt)))
    let open = leases.filter { !answered.contains($0.attempt) }
    guard open.isEmpty else {
      let now = ports.context.time.uptime()
      guard reports.isDue(id, at: now, every: ports.configuration.lossRepeatedEvery) else { return }
      let reason = Reason(
        code: "session-over",
        message: "its worker \(row.record.worker) showed no life or went away",
        since: ports.context.time.now(), blockers: [id.text])
      if await !reportLost(open.map(\.lease.record), reason) { reports.forget(id) }
      return
    }
    reports.forget(id)
    var record = row.record
    record.isSwept = true
    do throws(StoreError) {
      _ = try await ports.store.commit(
        RecordBatch(entries: [SchedulerTables.sessions.update(record, over: row.version)]))
    } catch {
      guard error == .conflict || error == .outcomeUnknown else { throw error }
    }
  }

  typealias HeldLease = (attempt: AttemptID, lease: Versioned<LeaseRecord>)

  func leases(of id: SessionID) async throws(StoreError) -> [HeldLease] {
    var found: [HeldLease] = []
    var cursor: RecordCursor?
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.leases,
        RecordQuery(
          table: SchedulerTables.leases.name, index: "session", prefix: [.text(id.text)],
          limit: 2_000, after: cursor))
      found += page.records.compactMap { row in
        AttemptID(text: row.record.attempt).map { ($0, row) }
      }
      cursor = page.next
    } while cursor != nil
    return found
  }

  /// Tells the owners; false when the bus did not take it.
  @discardableResult
  func reportLost(_ leases: [LeaseRecord], _ reason: Reason) async -> Bool {
    let records = leases.compactMap { lease -> BusRecord? in
      guard let attempt = AttemptID(text: lease.attempt) else { return nil }
      let message = AttemptEnded(
        lost: attempt, session: lease.session, worker: lease.worker, reason: reason)
      return BusRecord(
        topic: SchedulerTopics.failed, key: attempt.run.text, value: message.encoded())
    }
    guard !records.isEmpty else { return true }
    do throws(BusError) {
      if ports.context.probe.buggify("sessions.lost-unsent") { throw .unavailable("bent") }
      try await ports.bus.publish(records)
      return true
    } catch {
      ports.context.telemetry.log(.warning, "lost.not-reported", [("error", "\(error)")])
      return false
    }
  }
}

/// When this process last told of what each session held; losing it costs a report.
private final class ReportMemory: Sendable {
  private static let sessionsMax = 10_000
  private let told = Mutex(LookupMap<SessionID, Uptime>())

  func isDue(_ id: SessionID, at now: Uptime, every: Duration) -> Bool {
    told.withLock { told in
      if let last = told[id], now - last < every { return false }
      if told.count >= ReportMemory.sessionsMax { told.removeAll() }
      told[id] = now
      return true
    }
  }

  func forget(_ id: SessionID) { told.withLock { $0[id] = nil } }
}
