internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Forgets what nobody needs any more: tasks of runs that ended long ago and that the archive has,
/// worker sessions that are over, commands for runs that never came.
///
/// Every batch is small and repeats harmlessly; what one cannot delete the next one does.
struct Broom: Sendable {
  let ports: SchedulerPorts
  let registry: OwnerRegistry

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      try? await ports.context.time.sleep(for: ports.configuration.forgetEvery)
      guard !Task.isCancelled else { return }
      do throws(StoreError) {
        try await forgetRuns()
        try await forgetSessions()
        try await forgetCommands()
      } catch {
        ports.context.telemetry.log(.info, "forgetting.put-off", [("error", "\(error)")])
      }
    }
  }

  private var batchMax: Int { ports.configuration.forgottenPerBatchMax }

  private func latest(_ retention: Duration) -> Int64 {
    (ports.context.time.now() - retention).microseconds
  }

  // MARK: Runs

  private func forgetRuns() async throws(StoreError) {
    let table = SchedulerTables.endedRuns
    let query = RecordQuery(
      table: table.name, index: "archived",
      upper: .including(.integer(latest(ports.configuration.endedRunsRetention))), limit: batchMax)
    for row in try await ports.store.query(table, query).records {
      // The runs of others are left to them, so that two do not do the same work.
      guard let run = RunID(text: row.record.run), registry.owner(of: run) != nil else { continue }
      guard !Task.isCancelled else { return }
      try await forget(run, row)
    }
  }

  private func forget(_ run: RunID, _ row: Versioned<EndedRunRecord>) async throws(StoreError) {
    let table = SchedulerTables.endedRuns
    var row = row
    if !row.record.isBeingForgotten {
      row.record.isBeingForgotten = true
      row.version = try await ports.store.commit(
        RecordBatch(entries: [table.update(row.record, over: row.version)]))
    }
    while !Task.isCancelled {
      let page = try await ports.store.query(
        SchedulerTables.tasks,
        RecordQuery(
          table: SchedulerTables.tasks.name, prefix: [.text(run.text)],
          limit: max(batchMax / 2, 1)))
      guard !page.records.isEmpty else { break }
      try await forget(page.records, of: run)
    }
    guard !Task.isCancelled else { return }
    _ = try await ports.store.commit(
      RecordBatch(entries: [table.delete([.text(run.text)], over: row.version)]))
    ports.context.telemetry.log(.debug, "run.forgotten", [("run", run.text)])
  }

  /// Tasks, and the leases of their attempts where the worker never asked for them to go.
  private func forget(
    _ tasks: [Versioned<TaskRecord>], of run: RunID
  ) async throws(StoreError) {
    var entries: [RecordBatch.Entry] = []
    var attempts: [AttemptID] = []
    for task in tasks {
      entries.append(
        SchedulerTables.tasks.delete(
          [.text(task.record.run), .text(task.record.name), .integer(task.record.index)],
          over: task.version))
      guard let key = task.record.key else { continue }
      attempts += task.record.attempts.map {
        AttemptID(run: run, task: key, fence: Fence(Int(clamping: $0.fence)))
      }
    }
    let leases = try await ports.store.get(
      SchedulerTables.leases, attempts.prefix(10_000).map { [.text($0.description)] })
    entries += leases.compactMap { lease in
      lease.map { SchedulerTables.leases.delete([.text($0.record.attempt)], over: $0.version) }
    }
    try await commit(entries)
  }

  // MARK: Sessions

  private func forgetSessions() async throws(StoreError) {
    let latest = latest(ports.configuration.endedSessionsRetention)
    let page = try await ports.store.query(
      SchedulerTables.sessions,
      RecordQuery(
        table: SchedulerTables.sessions.name, index: "swept", prefix: [.integer(1)],
        limit: batchMax))
    for row in page.records where row.record.renewedAtUs <= latest {
      guard !Task.isCancelled else { return }
      try await forget(row)
    }
  }

  private func forget(_ session: Versioned<SessionRecord>) async throws(StoreError) {
    let id = session.record.session
    let stops = try await ports.store.query(
      SchedulerTables.stops,
      RecordQuery(table: SchedulerTables.stops.name, prefix: [.text(id)], limit: batchMax))
    let leases = try await ports.store.query(
      SchedulerTables.leases,
      RecordQuery(
        table: SchedulerTables.leases.name, index: "session", prefix: [.text(id)],
        limit: batchMax))
    var entries = stops.records.map { stop in
      SchedulerTables.stops.delete(
        [.text(id), .text(stop.record.attempt), .integer(stop.record.isKill ? 1 : 0)],
        over: stop.version)
    }
    let needed = try await needed(leases.records.map(\.record))
    for lease in leases.records where !needed.contains(lease.record.attempt) {
      entries.append(
        SchedulerTables.leases.delete([.text(lease.record.attempt)], over: lease.version))
    }
    if !needed.isEmpty {
      // Its loss was reported and has not arrived.
      let reason = Reason(
        code: "session-over", message: "its worker \(session.record.worker) went away",
        since: ports.context.time.now(), blockers: [id])
      await SessionSweeper(
        ports: ports, registry: registry,
        awaited: AwaitedResults(ports: ports, registry: registry)
      ).reportLost(
        leases.records.map(\.record).filter { needed.contains($0.attempt) }, reason)
    } else if stops.next == nil, leases.next == nil {
      entries.append(SchedulerTables.sessions.delete([.text(id)], over: session.version))
    }
    try await commit(entries)
  }

  /// Attempts that a task still waits for: without its lease an attempt could be claimed again.
  private func needed(_ leases: [LeaseRecord]) async throws(StoreError) -> SortedSet<String> {
    let attempts = leases.compactMap { AttemptID(text: $0.attempt) }
    let tasks = try await ports.store.get(
      SchedulerTables.tasks, attempts.map { SchedulerTables.taskKey($0.run, $0.task) })
    return SortedSet(
      zip(attempts, tasks).compactMap { attempt, task in
        task?.record.isWaiting(for: attempt.fence) == true ? attempt.description : nil
      })
  }

  // MARK: Commands

  private func forgetCommands() async throws(StoreError) {
    let latest = latest(ports.configuration.endedSessionsRetention)
    let page = try await ports.store.query(
      SchedulerTables.pendingCommands,
      RecordQuery(table: SchedulerTables.pendingCommands.name, limit: batchMax))
    try await commit(
      page.records.filter { $0.record.receivedAtUs <= latest }.map { row in
        SchedulerTables.pendingCommands.delete(
          [.text(row.record.run), .text(row.record.command)], over: row.version)
      })
  }

  private func commit(_ entries: [RecordBatch.Entry]) async throws(StoreError) {
    var rest = entries[...]
    while !rest.isEmpty {
      let part = rest.prefix(batchMax)
      rest = rest.dropFirst(batchMax)
      _ = try await ports.store.commit(RecordBatch(entries: Array(part)))
    }
  }
}
