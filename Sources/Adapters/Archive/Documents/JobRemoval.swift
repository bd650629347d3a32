internal import Contracts
internal import Domain
internal import Ports

/// Removes jobs with all that belongs to them. The job itself goes last: a removal that was cut off
/// finds it again.
struct JobRemoval: Sendable {
  private let store: any RecordStore
  private let limits: ArchiveLimits

  init(_ store: any RecordStore, _ limits: ArchiveLimits) {
    self.store = store
    self.limits = limits
  }

  func namespaces(
    after: NamespaceName?, limit: Int
  ) async throws(ArchiveError) -> [NamespaceName] {
    var found: [NamespaceName] = []
    var query = RecordQuery(
      table: ArchiveTables.jobs.name, index: "archive_job_by_namespace",
      lower: after.map { .excluding(.text($0.text)) }, limit: 1)
    do throws(StoreError) {
      // From each namespace straight to the next.
      while found.count < limit,
        let job = try await store.query(ArchiveTables.jobs, query).records.first?.record
      {
        if let namespace = NamespaceName(job.namespace) { found.append(namespace) }
        query.lower = .excluding(.text(job.namespace))
      }
      return found
    } catch { throw ArchiveError(error) }
  }

  func remove(
    of namespace: NamespaceName, endedBefore moment: Moment, limit: Int
  ) async throws(ArchiveError) -> Int {
    do throws(StoreError) {
      let due = try await due(namespace, moment, limit)
      for job in due { try await remove(job) }
      return due.count
    } catch { throw ArchiveError(error) }
  }

  /// A job that has ended by then was created by then.
  private func due(
    _ namespace: NamespaceName, _ moment: Moment, _ limit: Int
  ) async throws(StoreError) -> [ArchivedJobRecord] {
    var due: [ArchivedJobRecord] = []
    var query = RecordQuery(
      table: ArchiveTables.jobs.name, index: "archive_job_by_namespace",
      prefix: [.text(namespace.text)], upper: .excluding(.integer(moment.microseconds)),
      limit: limits.documentsPerCommitMax)
    while true {
      let page = try await store.query(ArchiveTables.jobs, query)
      for job in page.records.map(\.record) {
        guard let ended = job.endedAtUs, ended < moment.microseconds else { continue }
        due.append(job)
        if due.count == limit { return due }
      }
      guard let next = page.next else { return due }
      query.after = next
    }
  }

  private func remove(_ job: ArchivedJobRecord) async throws(StoreError) {
    // Attempts are named by their run, and `0` comes right behind the slash.
    let (first, end) = (RecordValue.text(job.run + "/"), RecordValue.text(job.run + "0"))
    try await removeAll(
      ArchiveTables.segments,
      RecordQuery(
        table: ArchiveTables.segments.name, lower: .including(first), upper: .excluding(end),
        limit: limits.documentsPerCommitMax)
    ) { [.text($0.attempt), .integer($0.first)] }
    try await removeAll(
      ArchiveTables.heads,
      RecordQuery(
        table: ArchiveTables.heads.name, lower: .including(first), upper: .excluding(end),
        limit: limits.documentsPerCommitMax)
    ) { [.text($0.attempt)] }
    let prefix = [RecordValue.text(job.run)]
    try await removeAll(
      ArchiveTables.tasks,
      RecordQuery(
        table: ArchiveTables.tasks.name, prefix: prefix, limit: limits.documentsPerCommitMax)
    ) { [.text($0.run), .text($0.name), .integer($0.index)] }
    try await removeAll(
      ArchiveTables.labels,
      RecordQuery(
        table: ArchiveTables.labels.name, prefix: prefix, limit: limits.documentsPerCommitMax)
    ) { [.text($0.run), .text($0.name)] }
    try await removeAll(
      ArchiveTables.jobs, RecordQuery(table: ArchiveTables.jobs.name, prefix: prefix, limit: 1)
    ) { [.text($0.run)] }
  }

  /// Removes what the query finds, until it finds nothing.
  private func removeAll<Record>(
    _ table: Table<Record>, _ query: RecordQuery, _ key: (Record) -> [RecordValue]
  ) async throws(StoreError) {
    var isEmpty = false
    while !isEmpty {
      try await store.commit(conflictsMax: limits.conflictsMax) { () throws(StoreError) in
        let rows = try await store.query(table, query).records
        isEmpty = rows.isEmpty
        return rows.map { table.delete(key($0.record), over: $0.version) }
      }
    }
  }
}
