import Domain
import Ports
import Synchronization

/// An archive that counts how often its logs are read and waited for.
final class CountedArchive: JobArchive {
  private let archive: any JobArchive
  private let counter = Mutex(0)

  init(_ archive: any JobArchive) {
    self.archive = archive
  }

  var looks: Int { counter.withLock { $0 } }

  func store(jobs: [JobDocument], tasks: [TaskDocument]) async throws(ArchiveError) {
    try await archive.store(jobs: jobs, tasks: tasks)
  }

  func job(_ run: RunID) async throws(ArchiveError) -> JobDocument? { try await archive.job(run) }

  func jobs(named runs: [RunID]) async throws(ArchiveError) -> [JobDocument] {
    try await archive.jobs(named: runs)
  }

  func tasks(
    of run: RunID, after: TaskKey?, limit: Int
  ) async throws(ArchiveError) -> [TaskDocument] {
    try await archive.tasks(of: run, after: after, limit: limit)
  }

  func jobs(
    _ filter: JobFilter, limit: Int, cursor: String?
  ) async throws(ArchiveError) -> (jobs: [JobDocument], next: String?) {
    try await archive.jobs(filter, limit: limit, cursor: cursor)
  }

  func namespaces(
    after: NamespaceName?, limit: Int
  ) async throws(ArchiveError) -> [NamespaceName] {
    try await archive.namespaces(after: after, limit: limit)
  }

  func removeJobs(
    of namespace: NamespaceName, endedBefore: Moment, limit: Int
  ) async throws(ArchiveError) -> Int {
    try await archive.removeJobs(of: namespace, endedBefore: endedBefore, limit: limit)
  }

  func removeJobs(_ runs: [RunID]) async throws(ArchiveError) {
    try await archive.removeJobs(runs)
  }

  func append(_ chunks: [LogChunk]) async throws(ArchiveError) {
    try await archive.append(chunks)
  }

  func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    counter.withLock { $0 += 1 }
    return try await archive.lines(of: attempt, from: from, limit: limit)
  }

  func attempts(of run: RunID) async throws(ArchiveError) -> [AttemptID] {
    try await archive.attempts(of: run)
  }

  func removeLogs(of attempts: [AttemptID]) async throws(ArchiveError) {
    try await archive.removeLogs(of: attempts)
  }

  func waitForLines(of attempt: AttemptID, from: Int64, wait: Duration) async {
    counter.withLock { $0 += 1 }
    await archive.waitForLines(of: attempt, from: from, wait: wait)
  }
}
