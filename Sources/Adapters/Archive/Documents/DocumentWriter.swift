internal import Contracts
internal import Domain
internal import Ports

/// Writes documents over older revisions of themselves.
struct DocumentWriter: Sendable {
  private let store: any RecordStore
  private let limits: ArchiveLimits

  init(_ store: any RecordStore, _ limits: ArchiveLimits) {
    self.store = store
    self.limits = limits
  }

  func store(jobs: [JobDocument], tasks: [TaskDocument]) async throws(ArchiveError) {
    var newestJobs: SortedMap<RunID, JobDocument> = [:]
    for job in jobs where (newestJobs[job.run]?.revision ?? .min) < job.revision {
      newestJobs[job.run] = job
    }
    var newestTasks: SortedMap<TaskPlace, TaskDocument> = [:]
    for task in tasks {
      let place = TaskPlace(run: task.run, task: task.task)
      if (newestTasks[place]?.revision ?? .min) < task.revision { newestTasks[place] = task }
    }
    do throws(StoreError) {
      for some in slices(of: newestJobs.values.map { ArchivedJobRecord($0) }) {
        try await store.commit(conflictsMax: limits.conflictsMax) { () throws(StoreError) in
          try await entries(some)
        }
      }
      for some in slices(of: newestTasks.values.map { ArchivedTaskRecord($0) }) {
        try await store.commit(conflictsMax: limits.conflictsMax) { () throws(StoreError) in
          try await entries(some)
        }
      }
    } catch { throw ArchiveError(error) }
  }

  private func entries(
    _ tasks: [ArchivedTaskRecord]
  ) async throws(StoreError) -> [RecordBatch.Entry] {
    let table = ArchiveTables.tasks
    let stored = try await store.get(table, tasks.map { table.row($0).key })
    return zip(tasks, stored).compactMap { task, stored in
      guard let stored else { return table.insert(task) }
      return stored.record.revision < task.revision
        ? table.update(task, over: stored.version) : nil
    }
  }

  private func entries(
    _ jobs: [ArchivedJobRecord]
  ) async throws(StoreError) -> [RecordBatch.Entry] {
    let table = ArchiveTables.jobs
    let stored = try await store.get(table, jobs.map { [.text($0.run)] })
    var entries: [RecordBatch.Entry] = []
    for (job, stored) in zip(jobs, stored) {
      guard let stored else {
        entries.append(table.insert(job))
        entries += job.indexedLabels.map { ArchiveTables.labels.insert($0) }
        continue
      }
      guard stored.record.revision < job.revision else { continue }
      entries.append(table.update(job, over: stored.version))
      entries += try await labelEntries(from: stored.record, to: job)
    }
    return entries
  }

  /// What makes the label rows of the old document those of the new one. The job's own row, written
  /// in the same batch, keeps others out.
  private func labelEntries(
    from old: ArchivedJobRecord, to new: ArchivedJobRecord
  ) async throws(StoreError) -> [RecordBatch.Entry] {
    let (before, after) = (old.indexedLabels, new.indexedLabels)
    if before == after { return [] }
    let table = ArchiveTables.labels
    let stored = try await store.get(table, before.map { table.row($0).key })
    var versions: SortedMap<String, CommitID> = [:]
    for case let label? in stored { versions[label.record.name] = label.version }
    var entries: [RecordBatch.Entry] = []
    for label in after {
      if let version = versions.removeValue(for: label.name) {
        entries.append(table.update(label, over: version))
      } else {
        entries.append(table.insert(label))
      }
    }
    for (name, version) in versions {
      entries.append(table.delete([.text(old.run), .text(name)], over: version))
    }
    return entries
  }

  private func slices<Document>(of documents: [Document]) -> [[Document]] {
    stride(from: 0, to: documents.count, by: limits.documentsPerCommitMax).map { start in
      [Document](documents[start...].prefix(limits.documentsPerCommitMax))
    }
  }

  private struct TaskPlace: Comparable {
    let run: RunID
    let task: TaskKey

    static func < (left: TaskPlace, right: TaskPlace) -> Bool {
      left.run == right.run ? left.task < right.task : left.run < right.run
    }
  }
}
