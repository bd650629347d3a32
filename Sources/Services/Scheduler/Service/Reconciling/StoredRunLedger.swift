internal import Contracts
public import Domain
public import Ports
public import ServiceKit

/// What the scheduler's rows say of runs. It needs no scheduler to run; beside one, what it answers
/// may be a moment old.
public struct StoredRunLedger: RunLedger {
  private static let tasksPerPage = 1_000

  private let store: any RecordStore

  public init(_ store: any RecordStore) {
    self.store = store
  }

  public func runs(
    after: RunID?, limit: Int
  ) async throws(StoreError) -> (runs: [LedgerRun], next: RunID?) {
    let page = try await store.query(
      SchedulerTables.runs,
      RecordQuery(
        table: SchedulerTables.runs.name, lower: after.map { .excluding(.text($0.text)) },
        limit: limit))
    let runs = try await known(page.records.map(\.record))
    return (runs, page.next == nil ? nil : page.records.last.flatMap { RunID(text: $0.record.run) })
  }

  public func runs(named ids: [RunID]) async throws(StoreError) -> [LedgerRun] {
    let rows = try await store.get(SchedulerTables.runs, ids.map { [.text($0.text)] })
    return try await known(rows.compactMap { $0?.record })
  }

  private func known(_ records: [RunRecord]) async throws(StoreError) -> [LedgerRun] {
    let ended = records.filter { $0.phase == "ended" }.map(\.run)
    let rows = try await store.get(SchedulerTables.endedRuns, ended.map { [.text($0)] })
    var marks: SortedMap<String, EndedRunRecord> = [:]
    for case let row? in rows { marks[row.record.run] = row.record }
    return records.compactMap { record in
      guard let id = RunID(text: record.run) else { return nil }
      let mark = marks[record.run]
      let hasEnded = record.phase == "ended"
      return LedgerRun(
        id: id, view: RunView(record),
        hasTasks: !hasEnded || mark.map { !$0.isBeingForgotten } ?? false,
        // Only what history has is forgotten.
        isHeard: mark.map { $0.archivedAtUs != nil } ?? true)
    }
  }

  public func newest() async throws(StoreError) -> Moment? {
    let page = try await store.query(
      SchedulerTables.runs,
      RecordQuery(table: SchedulerTables.runs.name, isDescending: true, limit: 1))
    return page.records.first.map { Moment(microseconds: $0.record.createdAtUs) }
  }

  public func attempts(of run: RunID) async throws(StoreError) -> [LedgerAttempt] {
    var attempts: [LedgerAttempt] = []
    var query = RecordQuery(
      table: SchedulerTables.tasks.name, prefix: [.text(run.text)],
      limit: StoredRunLedger.tasksPerPage)
    repeat {
      let page = try await store.query(SchedulerTables.tasks, query)
      attempts += try await taken(page.records.map(\.record), of: run)
      query.after = page.next
    } while query.after != nil
    return attempts
  }

  /// Attempts that have ended, and those that somebody holds a lease for.
  private func taken(
    _ tasks: [TaskRecord], of run: RunID
  ) async throws(StoreError) -> [LedgerAttempt] {
    var taken: [LedgerAttempt] = []
    var open: [AttemptID] = []
    for task in tasks {
      guard let key = task.key else { continue }
      let ended = task.attempts.filter { !$0.end.isEmpty }
      taken += ended.map { attempt in
        LedgerAttempt(
          id: AttemptID(run: run, task: key, fence: Fence(Int(clamping: attempt.fence))),
          logLines: attempt.logLines)
      }
      if task.fence > 0, !ended.contains(where: { $0.fence == task.fence }) {
        open.append(AttemptID(run: run, task: key, fence: Fence(Int(clamping: task.fence))))
      }
    }
    let leases = try await store.get(
      SchedulerTables.leases, open.map { [.text($0.description)] })
    return taken
      + zip(open, leases).compactMap { attempt, lease in
        lease == nil ? nil : LedgerAttempt(id: attempt, logLines: nil)
      }
  }

  public func announce(
    _ runs: [RunID], unconfirmed: [RunID]
  ) async throws(StoreError) {
    guard !runs.isEmpty else { return }
    let rows = try await store.get(SchedulerTables.runs, runs.map { [.text($0.text)] })
    let marks = try await store.get(
      SchedulerTables.endedRuns, unconfirmed.map { [.text($0.text)] })
    let entries = marks.compactMap { row -> RecordBatch.Entry? in
      guard var row, row.record.archivedAtUs != nil, !row.record.isBeingForgotten else {
        return nil
      }
      row.record.archivedAtUs = nil
      return SchedulerTables.endedRuns.update(row.record, over: row.version)
    }
    let messages = rows.compactMap { row -> OutboxMessage? in
      guard let run = row?.record, run.phase == "ended" else { return nil }
      return OutboxMessage(
        shard: SchedulerTables.outboxShard(of: Partitioning.partition(of: run.run)),
        record: .ended(run))
    }
    _ = try await store.commit(RecordBatch(entries: entries, messages: messages))
  }
}
