internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Gives offered attempts to sessions that ask for them.
///
/// A claim inserts the lease and guards both the session's row, so that an expired one gets
/// nothing, and the task's row, so that a withdrawn attempt can never start.
struct ClaimDesk: Sendable {
  /// An attempt that may be claimed: what to do, and the version of the row that offers it.
  struct Grant: Sendable {
    var order: AttemptOrder
    var stamp: UInt64
    /// Of the run.
    var trace: TraceContext?
  }

  let ports: SchedulerPorts
  let registry: OwnerRegistry
  let loader: RunLoader
  let leases: LeaseMemory
  let rows: SessionRows

  func claim(_ request: ClaimRequest) async throws(RPCError) -> ClaimResponse {
    guard let session = SessionID(text: request.session) else {
      throw RPCError(.invalidArgument, "'\(request.session)' is no session id")
    }
    guard let row = try await openRow(session) else {
      return ClaimResponse(sessionOver: try await row(session).map(\.record.isOver) ?? true)
    }
    let max = min(Int(request.max), ports.configuration.claimsMax)
    let named = request.attempts.prefix(ports.configuration.claimsMax)
      .compactMap { AttemptID(text: $0) }
    var grants = try await grants(for: named)
    var wanted = SortedSet(named)
    if named.count < max {
      let offered = try await offered(to: row.record, max: max - named.count, besides: wanted)
      for attempt in offered { wanted.insert(attempt) }
      for (attempt, grant) in try await self.grants(for: offered) { grants[attempt] = grant }
    }
    let verdicts = try await commit(grants, to: row)
    let items = wanted.map { attempt in
      let verdict = verdicts[attempt] ?? .gone
      return ClaimResponse.Item(
        attempt: attempt.description, verdict: verdict,
        order: verdict == .yours
          ? grants[attempt].map { WorkOrderMessage($0.order, $0.trace) } : nil)
    }
    // Nothing is known of those that were too many.
    let rest = request.attempts.dropFirst(ports.configuration.claimsMax)
    return ClaimResponse(
      items: items + rest.map { ClaimResponse.Item(attempt: $0, verdict: .unknown) })
  }

  /// The row of a session that may claim; looked up when it is not known to be open.
  private func openRow(_ id: SessionID) async throws(RPCError) -> Versioned<SessionRecord>? {
    do throws(StoreError) {
      if let row = try await rows.known(id), row.record.state == SessionState.open { return row }
    } catch {
      throw RPCError(error)
    }
    guard let row = try await row(id), row.record.state == SessionState.open else { return nil }
    return row
  }

  private func row(_ id: SessionID) async throws(RPCError) -> Versioned<SessionRecord>? {
    do throws(StoreError) {
      return try await rows.read(id)
    } catch {
      throw RPCError(error)
    }
  }

  /// What the pools of a session offer, the oldest first.
  private func offered(
    to session: SessionRecord, max: Int, besides named: SortedSet<AttemptID>
  ) async throws(RPCError) -> [AttemptID] {
    guard max > 0 else { return [] }
    var found: [AttemptID] = []
    do throws(StoreError) {
      for pool in session.pools where found.count < max {
        // What runs is in the index as well, so that one page may have nothing to give.
        var cursor: RecordCursor?
        var pages = 0
        repeat {
          let page = try await ports.store.query(
            SchedulerTables.tasks,
            RecordQuery(
              table: SchedulerTables.tasks.name, index: "offered", prefix: [.text(pool)],
              limit: ports.configuration.claimsMax, after: cursor))
          let attempts = page.records.compactMap(\.record.attempt).filter { !named.contains($0) }
          let leases =
            attempts.isEmpty
            ? []
            : try await ports.store.get(
              SchedulerTables.leases, attempts.map { [.text($0.description)] })
          for (attempt, lease) in zip(attempts, leases) where lease == nil && found.count < max {
            found.append(attempt)
          }
          cursor = page.next
          pages += 1
        } while cursor != nil && found.count < max && pages < ports.configuration.offerPagesMax
      }
    } catch {
      throw RPCError(error)
    }
    return found
  }

  /// The orders of attempts that are offered now: from their owner's memory if it is here, else
  /// from the store.
  private func grants(
    for attempts: [AttemptID]
  ) async throws(RPCError) -> SortedMap<AttemptID, Grant> {
    var grants: SortedMap<AttemptID, Grant> = [:]
    var elsewhere: [AttemptID] = []
    for (partition, group) in Partitioning.grouped(attempts) {
      guard let owner = registry.owner(ofPartition: partition) else {
        elsewhere += group
        continue
      }
      let found = await owner.whenSettled { $0.grants(group) }
      for (attempt, answer) in zip(group, found) {
        switch answer {
        case .granted(let grant): grants[attempt] = grant
        case .gone: continue
        case .notLoaded: elsewhere.append(attempt)
        }
      }
    }
    if !elsewhere.isEmpty {
      ports.context.probe.reached("claims.owner-elsewhere")
      try await read(elsewhere, into: &grants)
    }
    return grants
  }

  /// From the rows: of the tasks alone if their orders are the same whatever happens in their runs,
  /// else of the whole runs.
  private func read(
    _ attempts: [AttemptID], into grants: inout SortedMap<AttemptID, Grant>
  ) async throws(RPCError) {
    var dependent: SortedMap<RunID, [AttemptID]> = [:]
    let runs = SortedSet(attempts.map(\.run)).members
    do throws(RunLoader.Failure) {
      var plans: SortedMap<RunID, (run: RunRecord, plan: Plan)> = [:]
      for (id, row) in zip(runs, try await loader.rows(runs)) {
        guard let run = row?.record, run.phase != "quarantined" else { continue }
        plans[id] = (run, try await loader.plan(of: run))
      }
      let known = attempts.filter { plans[$0.run] != nil }
      for (attempt, row) in zip(known, try await loader.tasks(known)) {
        guard let row, row.record.phase == TaskRecord.Phase.offered,
          row.record.fence == Int64(attempt.fence.number), let (run, plan) = plans[attempt.run]
        else { continue }
        if let order = plan.fixedOrder(
          attempt, namespace: NamespaceName(unchecked: run.namespace),
          workflow: WorkflowName(unchecked: run.workflow))
        {
          grants[attempt] = Grant(
            order: order, stamp: row.version.bits, trace: TraceContext(traceparent: run.trace))
        } else {
          dependent[attempt.run, default: []].append(attempt)
        }
      }
      for (run, group) in dependent {
        guard let machine = try await loader.load(run) else { continue }
        for attempt in group { grants[attempt] = machine.grant(attempt) }
      }
    } catch {
      throw RPCError(.unavailable, "the runs of what is claimed cannot be read now")
    }
  }

  /// All claims in one commit; one by one when something in it has changed.
  private func commit(
    _ grants: SortedMap<AttemptID, Grant>, to session: Versioned<SessionRecord>
  ) async throws(RPCError) -> SortedMap<AttemptID, ClaimResponse.Item.Verdict> {
    guard !grants.isEmpty else { return [:] }
    var session = session
    for _ in 0..<2 {
      do throws(StoreError) {
        try await insert(grants.map { ($0.key, $0.value) }, for: session)
        await tellOwners(grants.keys, session.record)
        return grants.mapValues { _ in .yours }
      } catch {
        guard error == .conflict || error == .outcomeUnknown else { throw RPCError(error) }
        // What was known of the session may be old: its row is written with every second beat.
        guard error == .conflict, let id = SessionID(text: session.record.session) else { break }
        let now = try await row(id)
        guard let now, now.record.state == SessionState.open else {
          return grants.mapValues { _ in .gone }
        }
        if now.version == session.version { break }
        session = now
      }
    }
    ports.context.probe.reached("claims.one-by-one")
    var verdicts: SortedMap<AttemptID, ClaimResponse.Item.Verdict> = [:]
    for (attempt, grant) in grants {
      verdicts[attempt] = await claimOne(attempt, grant, for: session.record)
    }
    let mine = verdicts.filter { $0.value == .yours }.map(\.key)
    await tellOwners(mine, session.record)
    return verdicts
  }

  private func claimOne(
    _ attempt: AttemptID, _ grant: Grant, for session: SessionRecord
  ) async -> ClaimResponse.Item.Verdict {
    do throws(StoreError) {
      let leases = try await ports.store.settle(
        SchedulerTables.leases.name, [[.text(attempt.description)]])
      if let row = leases.first ?? nil {
        let isMine = SchedulerTables.leases.record(row.row)?.session == session.session
        ports.context.probe.reached(isMine ? "claims.mine-already" : "claims.taken")
        return isMine ? .yours : .gone
      }
      guard
        let row = try await ports.store.get(
          SchedulerTables.sessions, key: [.text(session.session)]),
        row.record.state == SessionState.open
      else { return .gone }
      try await insert([(attempt, grant)], for: row)
      return .yours
    } catch {
      return error == .conflict ? .gone : .unknown
    }
  }

  private func insert(
    _ grants: [(AttemptID, Grant)], for session: Versioned<SessionRecord>
  ) async throws(StoreError) {
    if ports.context.probe.buggify("claims.slow") {
      try? await ports.context.time.sleep(for: .milliseconds(300))
    }
    // Long enough for the session to be over, and for its worker to be gone.
    if ports.context.probe.buggify("claims.late") {
      await ports.context.spawner.finish("late claim") {
        try? await ports.context.time.sleep(for: ports.configuration.sessionLease * 2)
      }
    }
    let now = ports.context.time.now()
    var entries = [
      SchedulerTables.sessions.guard([.text(session.record.session)], at: session.version)
    ]
    for (attempt, grant) in grants {
      let lease = LeaseRecord(
        attempt: attempt.description, session: session.record.session,
        worker: session.record.worker, claimedAtUs: now.microseconds)
      entries.append(SchedulerTables.leases.insert(lease))
      entries.append(
        SchedulerTables.tasks.guard(
          SchedulerTables.taskKey(attempt.run, attempt.task), at: CommitID(bits: grant.stamp)))
    }
    let version = try await ports.store.commit(RecordBatch(entries: entries))
    leases.wrote(grants.map(\.0), as: version)
  }

  private func tellOwners(_ attempts: [AttemptID], _ session: SessionRecord) async {
    guard let id = SessionID(text: session.session), !attempts.isEmpty else { return }
    let claim = Claim(session: id, worker: session.worker, at: ports.context.time.now())
    await registry.notice(claim, of: attempts)
  }
}

extension TaskRecord {
  /// The newest attempt; nil for rows that cannot be understood.
  var attempt: AttemptID? {
    guard let run = RunID(text: run), let key else { return nil }
    return AttemptID(run: run, task: key, fence: Fence(Int(clamping: fence)))
  }
}

/// What an owner knows of an attempt that somebody wants.
enum GrantAnswer: Sendable {
  case granted(ClaimDesk.Grant)
  case gone
  /// The run is not in memory.
  case notLoaded
}

extension PartitionOwner {
  func grants(_ attempts: [AttemptID]) -> [GrantAnswer] {
    guard isSure else { return attempts.map { _ in .notLoaded } }
    return lookUp(attempts) { machine, attempt in
      guard let machine else { return dormant.contains(attempt.run) ? .notLoaded : .gone }
      return machine.grant(attempt).map { .granted($0) } ?? .gone
    }
  }

  /// Answers for each attempt by its run, if that is in memory. Attempts of one run mostly come
  /// together, so that it is looked up once for all of them.
  func lookUp<Answer>(
    _ attempts: [AttemptID], _ body: (RunMachine?, AttemptID) -> Answer
  ) -> [Answer] {
    var last: (run: RunID, machine: RunMachine?)?
    return attempts.map { attempt in
      if let last, last.run == attempt.run { return body(last.machine, attempt) }
      let machine = runs[attempt.run]?.machine
      last = (attempt.run, machine)
      return body(machine, attempt)
    }
  }
}

extension RunMachine {
  func grant(_ attempt: AttemptID) -> ClaimDesk.Grant? {
    guard let order = order(attempt.task, attempt.fence), let place = place(of: attempt.task),
      let task = task(at: place), task.stamp != 0
    else { return nil }
    return ClaimDesk.Grant(order: order, stamp: task.stamp, trace: run.trace)
  }
}
