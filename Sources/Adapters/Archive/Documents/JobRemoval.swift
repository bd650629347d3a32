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

  /// Removes these jobs, and leaves their logs.
  func remove(_ runs: [RunID]) async throws(ArchiveError) {
    do throws(StoreError) {
      for run in SortedSet(runs) { try await removeDocuments(of: run.text) }
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
    try await LogRemoval(store, limits).remove(AttemptSpan(run: job.run))
    try await removeDocuments(of: job.run)
  }

  private func removeDocuments(of run: String) async throws(StoreError) {
    try await store.commitAll(conflictsMax: limits.conflictsMax) { () throws(StoreError) in
      try await taskEntries(run)
    }
    try await store.commitAll(conflictsMax: limits.conflictsMax) { () throws(StoreError) in
      try await jobEntries(run)
    }
  }

  private func taskEntries(_ run: String) async throws(StoreError) -> [RecordBatch.Entry] {
    let table = ArchiveTables.tasks
    return try await store.query(table, query(table.name, run)).records.map { task in
      let record = task.record
      return table.delete(
        [.text(record.run), .text(record.name), .integer(record.index)], over: task.version)
    }
  }

  /// What removes labels, and the job with the last of them.
  private func jobEntries(_ run: String) async throws(StoreError) -> [RecordBatch.Entry] {
    let table = ArchiveTables.labels
    // The job first: whoever writes labels from now on changes it.
    let job = try await store.get(ArchiveTables.jobs, key: [.text(run)])
    let labels = try await store.query(table, query(table.name, run))
    var entries = labels.records.map { label in
      table.delete([.text(label.record.run), .text(label.record.name)], over: label.version)
    }
    guard let job else { return entries }
    entries.append(
      labels.next == nil
        ? ArchiveTables.jobs.delete([.text(run)], over: job.version)
        : ArchiveTables.jobs.guard([.text(run)], at: job.version))
    return entries
  }

  private func query(_ table: String, _ run: String) -> RecordQuery {
    RecordQuery(table: table, prefix: [.text(run)], limit: limits.documentsPerCommitMax)
  }
}
