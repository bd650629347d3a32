internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Synchronization

/// Opens worker sessions, keeps them alive by their heartbeats, and ends them.
///
/// Expiry is a write, and final: whoever sees that a session has shown no life for a lease says so
/// in its row. Only then are the attempts that it held reported lost.
struct SessionDesk: Sendable {
  let ports: SchedulerPorts
  let registry: OwnerRegistry
  let sweeper: SessionSweeper
  private let awaited: AwaitedResults
  private let memory = SessionMemory()
  private let leases: LeaseMemory
  private let rows: SessionRows

  init(
    ports: SchedulerPorts, registry: OwnerRegistry, leases: LeaseMemory, rows: SessionRows
  ) {
    self.ports = ports
    self.registry = registry
    self.leases = leases
    self.rows = rows
    awaited = AwaitedResults(ports: ports, registry: registry)
    sweeper = SessionSweeper(ports: ports, registry: registry, awaited: awaited)
  }

  /// Looks after sessions until the task is cancelled.
  func run() async {
    await sweeper.run()
  }

  // MARK: Open and close

  func open(_ request: OpenSessionRequest) async throws(RPCError) -> OpenSessionResponse {
    guard let id = SessionID(text: request.session), !request.worker.isEmpty,
      request.worker.utf8.count <= 253, (1...10_000).contains(request.slots),
      !request.pools.isEmpty, request.pools.count <= 100,
      request.pools.allSatisfy({ PoolName($0) != nil })
    else {
      throw RPCError(
        .invalidArgument,
        "a session needs an id, a worker name, 1 to 10,000 slots and 1 to 100 pools")
    }
    let now = ports.context.time.now()
    let record = SessionRecord(
      session: id.text, worker: request.worker, pools: request.pools, slots: request.slots,
      labels: request.labels, state: SessionState.open, openedAtUs: now.microseconds,
      renewedAtUs: now.microseconds, containment: request.containment)
    do throws(StoreError) {
      // A request that comes late must not end the session that the worker has by now.
      let isKnown =
        try await ports.store.get(SchedulerTables.sessions, key: [.text(id.text)]) != nil
      if isKnown {
        ports.context.probe.reached("sessions.open-repeated")
        return terms
      }
      try await sweeper.endOthers(ofWorker: request.worker, besides: id)
      do throws(StoreError) {
        _ = try await ports.store.commit(
          RecordBatch(entries: [SchedulerTables.sessions.insert(record)]))
      } catch {
        // A repeated request: the session is there, or will be settled to be.
        guard error == .conflict || error == .outcomeUnknown else { throw error }
        let rows = try await ports.store.settle(
          SchedulerTables.sessions.name, [[.text(id.text)]])
        guard rows.first != .some(nil) else { throw error }
      }
    } catch {
      throw RPCError(error)
    }
    return terms
  }

  private var terms: OpenSessionResponse {
    OpenSessionResponse(
      leaseUs: ports.configuration.sessionLease.wholeMicroseconds,
      beatEveryUs: ports.configuration.beatEvery.wholeMicroseconds)
  }

  func close(_ request: CloseSessionRequest) async throws(RPCError) -> CloseSessionResponse {
    do throws(StoreError) {
      if let row = try await ports.store.get(
        SchedulerTables.sessions, key: [.text(request.session)]), !row.record.isOver
      {
        try await sweeper.end(row)
      }
    } catch {
      throw RPCError(error)
    }
    return CloseSessionResponse()
  }

  // MARK: Heartbeat

  func beat(_ request: HeartbeatRequest) async throws(RPCError) -> HeartbeatResponse {
    do throws(StoreError) {
      guard let id = SessionID(text: request.session),
        let row = try await rows.read(id), !row.record.isOver
      else {
        ports.context.probe.reached("sessions.beat-too-late")
        return HeartbeatResponse(sessionOver: true)
      }
      try await renew(row, id, isDraining: request.isDraining)
      // Who holds nothing has nothing to stop.
      let stops =
        request.heldCount == 0 && request.stopped.isEmpty
        ? [] : try await stops(for: id, carriedOut: SortedSet(request.stopped))
      let acknowledged = try await acknowledged(request.results)
      return HeartbeatResponse(
        stops: stops, acknowledged: acknowledged, wantsHeld: try await compare(request, id),
        drain: row.record.state == SessionState.draining)
    } catch {
      throw RPCError(error)
    }
  }

  /// Writes the session's row now and then, so that observers see it live.
  private func renew(
    _ row: Versioned<SessionRecord>, _ id: SessionID, isDraining: Bool
  ) async throws(StoreError) {
    let now = ports.context.time
    let isDrainNews = isDraining && row.record.state == SessionState.open
    guard
      memory.isRenewalDue(id, at: now.uptime(), every: ports.configuration.sessionRenewEvery)
        || isDrainNews
    else { return }
    var record = row.record
    record.renewals += 1
    record.renewedAtUs = now.now().microseconds
    if isDraining { record.state = SessionState.draining }
    do throws(StoreError) {
      let version = try await ports.store.commit(
        RecordBatch(entries: [SchedulerTables.sessions.update(record, over: row.version)]))
      rows.saw(Versioned(record, at: version), of: id)
      memory.renewed(id, at: now.uptime())
    } catch {
      // Somebody else wrote the row, perhaps its expiry: the next beat sees.
      guard error == .conflict else { throw error }
    }
  }

  /// What the session must stop; what it has stopped is forgotten.
  private func stops(
    for id: SessionID, carriedOut: SortedSet<String>
  ) async throws(StoreError) -> [HeartbeatResponse.Stop] {
    let page = try await ports.store.query(
      SchedulerTables.stops,
      RecordQuery(
        table: SchedulerTables.stops.name, prefix: [.text(id.text)], limit: 1_000))
    let done = page.records.filter { carriedOut.contains($0.record.attempt) }
    if !done.isEmpty {
      await forget(
        done.map { row in
          SchedulerTables.stops.delete(
            [
              .text(row.record.session), .text(row.record.attempt),
              .integer(row.record.isKill ? 1 : 0),
            ], over: row.version)
        })
    }
    return page.records.filter { !carriedOut.contains($0.record.attempt) }.map {
      HeartbeatResponse.Stop(
        attempt: $0.record.attempt, isKill: $0.record.isKill, reason: $0.record.reason)
    }
  }

  /// Results that the owner has taken in, or that do not count any more. Their leases go with them,
  /// many at once.
  private func acknowledged(_ results: [String]) async throws(StoreError) -> [String] {
    guard !results.isEmpty else { return [] }
    let named = results.prefix(10_000).map { (text: $0, id: AttemptID(text: $0)) }
    let attempts = named.compactMap(\.id)
    let answered = try await awaited.answered(attempts)
    if !answered.isEmpty { try await forgetLeases(of: answered) }
    return named.filter { $0.id == nil }.map(\.text) + answered.map(\.description)
  }

  private func forgetLeases(of attempts: [AttemptID]) async throws(StoreError) {
    var entries: [RecordBatch.Entry] = []
    var unknown: [AttemptID] = []
    for (attempt, version) in zip(attempts, leases.take(attempts)) {
      if let version {
        entries.append(SchedulerTables.leases.delete([.text(attempt.description)], over: version))
      } else {
        unknown.append(attempt)
      }
    }
    if !unknown.isEmpty {
      let rows = try await ports.store.get(
        SchedulerTables.leases, unknown.map { [.text($0.description)] })
      entries += rows.compactMap { lease in
        lease.map {
          SchedulerTables.leases.delete([.text($0.record.attempt)], over: $0.version)
        }
      }
    }
    await forget(entries)
  }

  /// Deletes rows that nobody needs any more; if that fails they are in nobody's way.
  private func forget(_ entries: [RecordBatch.Entry]) async {
    var rest = entries[...]
    while !rest.isEmpty {
      let part = rest.prefix(1_000)
      rest = rest.dropFirst(1_000)
      do throws(StoreError) {
        _ = try await ports.store.commit(RecordBatch(entries: Array(part)))
      } catch {
        ports.context.telemetry.log(.debug, "session.not-forgotten", [("error", "\(error)")])
      }
    }
  }

  /// Compares what the session says that it holds with its leases, by count and hash, and by all
  /// names when those differ. Attempts that it twice did not name are lost. Beats that come early
  /// because of results are not compared.
  ///
  /// - Returns: whether the next beat should name everything.
  private func compare(
    _ request: HeartbeatRequest, _ id: SessionID
  ) async throws(StoreError) -> Bool {
    let now = ports.context.time.uptime()
    guard
      memory.isComparisonDue(id, at: now, every: ports.configuration.beatEvery / 2)
        || request.hasHeld
    else { return false }
    let leases = try await sweeper.leases(of: id)
    let hash = leases.reduce(0 as UInt64) { $0 &+ $1.attempt.heldHash }
    if Int(request.heldCount) == leases.count, request.heldHash == hash {
      memory.agreed(id)
      return false
    }
    guard request.hasHeld else { return true }
    let held = SortedSet((request.held + request.results).compactMap { AttemptID(text: $0) })
    let (missing, lost) = memory.compare(id, leased: leases.map(\.attempt), held: held)
    if !lost.isEmpty { ports.context.probe.reached("sessions.disowned") }
    if !lost.isEmpty { try await settle(lost, of: id, leases) }
    return missing > 0
  }

  /// What nobody waits for is forgotten; the rest is lost.
  private func settle(
    _ attempts: [AttemptID], of id: SessionID, _ leases: [SessionSweeper.HeldLease]
  ) async throws(StoreError) {
    let rows = try await ports.store.get(
      SchedulerTables.tasks, attempts.map { SchedulerTables.taskKey($0.run, $0.task) })
    let lost = SortedSet(
      zip(attempts, rows).compactMap { attempt, row in
        row?.record.isWaiting(for: attempt.fence) == true ? attempt : nil
      })
    let over = SortedSet(attempts.filter { !lost.contains($0) })
    await sweeper.reportLost(
      leases.filter { lost.contains($0.attempt) }.map(\.lease.record),
      Reason(
        code: "disowned", message: "the worker does not run it, though it was given to it",
        since: ports.context.time.now(), blockers: [id.text]))
    await forget(
      leases.filter { over.contains($0.attempt) }.map { held in
        SchedulerTables.leases.delete([.text(held.lease.record.attempt)], over: held.lease.version)
      })
  }
}

extension AttemptID {
  /// The part of a heartbeat's hash that this attempt is.
  var heldHash: UInt64 {
    var hash = StableHash()
    hash.combine(description)
    return hash.value
  }
}

/// What this process remembers of sessions; losing it costs a write or a look.
private final class SessionMemory: Sendable {
  private struct State {
    var renewedAt: SortedMap<SessionID, Uptime> = [:]
    var comparedAt: SortedMap<SessionID, Uptime> = [:]
    var disowned: SortedMap<SessionID, DisownedAttempts> = [:]
  }

  private static let sessionsMax = 10_000
  private let state = Mutex(State())

  func isRenewalDue(_ id: SessionID, at now: Uptime, every: Duration) -> Bool {
    state.withLock { state in state.renewedAt[id].map { now - $0 >= every } ?? true }
  }

  func renewed(_ id: SessionID, at now: Uptime) {
    state.withLock { state in
      if state.renewedAt.count >= SessionMemory.sessionsMax { state = State() }
      state.renewedAt[id] = now
    }
  }

  func isComparisonDue(_ id: SessionID, at now: Uptime, every: Duration) -> Bool {
    state.withLock { state in
      if let last = state.comparedAt[id], now - last < every { return false }
      if state.comparedAt.count >= SessionMemory.sessionsMax { state.comparedAt = [:] }
      state.comparedAt[id] = now
      return true
    }
  }

  /// How many attempts the session did not name, and which of them twice.
  func compare(
    _ id: SessionID, leased: [AttemptID], held: SortedSet<AttemptID>
  ) -> (missing: Int, lost: [AttemptID]) {
    state.withLock { state in
      var disowned = state.disowned[id] ?? DisownedAttempts()
      let lost = disowned.compare(leased: leased, held: held)
      if state.disowned.count >= SessionMemory.sessionsMax { state.disowned = [:] }
      state.disowned[id] = disowned.suspects.isEmpty ? nil : disowned
      return (disowned.suspects.count, lost)
    }
  }

  /// The session holds what it should.
  func agreed(_ id: SessionID) {
    state.withLock { $0.disowned[id] = nil }
  }
}
