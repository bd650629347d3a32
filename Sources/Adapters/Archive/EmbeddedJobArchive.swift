internal import Contracts
public import Domain
public import Ports

/// The job archive on any `RecordStore`. See `JobArchive` for what it promises.
///
/// It imports neither Foundation nor C and keeps no order by hashing, so that a simulated process
/// can use it on a fake store as well as `millrace dev` on SQLite. Waiting readers are woken by
/// writes of this process only; writes of others are seen when `wait` is over.
///
/// A page of jobs may be shorter than asked for, or empty, while `next` says that more follow: one
/// call looks at a limited number of jobs, however rare those are that the filter wants.
public struct EmbeddedJobArchive: JobArchive {
  /// What the store must have been opened with.
  public static var tables: [TableDeclaration] { ArchiveTables.declarations }

  let store: any RecordStore
  let limits: ArchiveLimits
  private let waiters: LineWaiters

  public init(
    _ store: any RecordStore, time: any Time, limits: ArchiveLimits = ArchiveLimits()
  ) {
    self.store = store
    self.limits = limits
    waiters = LineWaiters(time)
  }

  public func store(
    jobs: [JobDocument], tasks: [TaskDocument]
  ) async throws(ArchiveError) {
    try await DocumentWriter(store, limits).store(jobs: jobs, tasks: tasks)
  }

  public func job(_ run: RunID) async throws(ArchiveError) -> JobDocument? {
    do throws(StoreError) {
      guard let found = try await store.get(ArchiveTables.jobs, key: [.text(run.text)]) else {
        return nil
      }
      return try JobDocument(archived: found.record)
    } catch { throw ArchiveError(error) }
  }

  public func jobs(named runs: [RunID]) async throws(ArchiveError) -> [JobDocument] {
    try limits.check(named: runs.count)
    let keys = SortedSet(runs).map { [RecordValue.text($0.text)] }
    var found: [JobDocument] = []
    do throws(StoreError) {
      for start in stride(from: 0, to: keys.count, by: limits.documentsPerCommitMax) {
        let some = [[RecordValue]](keys[start...].prefix(limits.documentsPerCommitMax))
        let rows = try await store.get(ArchiveTables.jobs, some)
        for case let row? in rows { found.append(try JobDocument(archived: row.record)) }
      }
      return found
    } catch { throw ArchiveError(error) }
  }

  public func tasks(
    of run: RunID, after: TaskKey?, limit: Int
  ) async throws(ArchiveError) -> [TaskDocument] {
    try limits.check(limit)
    var query = RecordQuery(
      table: ArchiveTables.tasks.name, prefix: [.text(run.text)], limit: limit)
    query.after = after.map { RecordCursor(values: ArchiveTables.key(run.text, $0)) }
    var found: [TaskDocument] = []
    do throws(StoreError) {
      repeat {
        query.limit = limit - found.count
        let page = try await store.query(ArchiveTables.tasks, query)
        for task in page.records { found.append(try TaskDocument(archived: task.record)) }
        query.after = page.next
      } while query.after != nil && found.count < limit
      return found
    } catch { throw ArchiveError(error) }
  }

  public func jobs(
    _ filter: JobFilter, limit: Int, cursor: String?
  ) async throws(ArchiveError) -> (jobs: [JobDocument], next: String?) {
    try limits.check(limit)
    return try await JobListing(filter, store, limits).page(limit: limit, cursor: cursor)
  }

  public func namespaces(
    after: NamespaceName?, limit: Int
  ) async throws(ArchiveError) -> [NamespaceName] {
    try limits.check(limit)
    return try await JobRemoval(store, limits).namespaces(after: after, limit: limit)
  }

  public func removeJobs(
    of namespace: NamespaceName, endedBefore moment: Moment, limit: Int
  ) async throws(ArchiveError) -> Int {
    try limits.check(limit)
    return try await JobRemoval(store, limits).remove(
      of: namespace, endedBefore: moment, limit: limit)
  }

  public func removeJobs(_ runs: [RunID]) async throws(ArchiveError) {
    try limits.check(named: runs.count)
    try await JobRemoval(store, limits).remove(runs)
  }

  public func append(_ chunks: [LogChunk]) async throws(ArchiveError) {
    try await LogAppending(store, limits).append(chunks)
    waiters.wake(SortedSet(chunks.map(\.attempt)))
  }

  public func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    try limits.check(limit)
    return try await LogReading(store, limits).lines(of: attempt, from: from, limit: limit)
  }

  public func attempts(of run: RunID) async throws(ArchiveError) -> [AttemptID] {
    try await LogReading(store, limits).attempts(of: run)
  }

  public func removeLogs(of attempts: [AttemptID]) async throws(ArchiveError) {
    try limits.check(named: attempts.count)
    try await LogRemoval(store, limits).remove(attempts)
  }

  public func waitForLines(of attempt: AttemptID, from: Int64, wait: Duration) async {
    let reading = LogReading(store, limits)
    await waiters.wait(for: attempt, atMost: wait) {
      await reading.mayAnswer(attempt, from: from)
    }
  }
}
