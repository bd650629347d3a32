internal import Ports
internal import SystemAdapter

/// The one thread that writes: group commit without waiting for company.
///
/// It takes everything that waits, applies each write under a savepoint of its own, so that one
/// that fails is undone alone, and makes all of them durable with one COMMIT. While that runs the
/// next group collects.
final class WriterThread: @unchecked Sendable {
  /// For jobs that did not say themselves what went wrong.
  private static let undone = CommitVerdict.failed(
    .unavailable("the transaction was rolled back: try again"))

  private let connection: SQLiteConnection
  private let queue: JobQueue<WriterWork>
  private let configuration: SQLiteConfiguration
  /// A COMMIT failed and left frames in the log that a crash could bring back. The next COMMIT that
  /// succeeds overwrites them.
  private var isInDoubt = false

  init(
    _ connection: SQLiteConnection, _ queue: JobQueue<WriterWork>,
    _ configuration: SQLiteConfiguration
  ) {
    self.connection = connection
    self.queue = queue
    self.configuration = configuration
  }

  /// Works until the queue is closed and empty.
  func run() {
    while true {
      let group = queue.take(
        jobsMax: configuration.groupWritesMax, weightMax: configuration.groupBytesMax)
      if group.isEmpty { return }
      perform(group)
    }
  }

  private func perform(_ group: [WriterWork]) {
    var writes: [WriteJob] = []
    var settling: [@Sendable (SQLiteConnection?) -> Void] = []
    for work in group {
      switch work {
      case .write(let job): writes.append(job)
      // What is committed can be read before this group begins as well as after it.
      case .read(let body): body(connection)
      case .settle(let body): settling.append(body)
      }
    }
    var rest = writes[...]
    while !rest.isEmpty { rest = commit(rest) }
    guard !settling.isEmpty else { return }
    if isInDoubt { overwriteDoubt() }
    for body in settling { body(isInDoubt ? nil : connection) }
  }

  /// Commits the jobs in order; answers those that have to be tried again without the one that
  /// broke the transaction.
  private func commit(_ jobs: ArraySlice<WriteJob>) -> ArraySlice<WriteJob> {
    do throws(EngineError) {
      try connection.run("BEGIN IMMEDIATE")
    } catch {
      for job in jobs { job.conclude(.failed(error)) }
      return []
    }
    var standing: [WriteJob] = []
    var fallen: [WriteJob] = []
    for (index, job) in zip(jobs.indices, jobs) {
      if attempt(job, alone: jobs.count == 1) {
        standing.append(job)
        continue
      }
      fallen.append(job)
      // Out of memory or disk: SQLite has rolled back everything, not only this job.
      guard connection.isIdle else { continue }
      for job in fallen { job.conclude(WriterThread.undone) }
      return ArraySlice(standing) + jobs[(index + 1)...]
    }
    let verdict = standing.isEmpty ? rollBack() : finish()
    for job in standing { job.conclude(verdict) }
    for job in fallen { job.conclude(WriterThread.undone) }
    return []
  }

  /// True when the job's work stands in the open transaction.
  private func attempt(_ job: WriteJob, alone: Bool) -> Bool {
    // A single job is undone with its transaction.
    if alone { return job.attempt(connection) }
    do throws(EngineError) {
      try connection.run("SAVEPOINT job")
      let stands = job.attempt(connection)
      if connection.isIdle { return false }
      if !stands { try connection.run("ROLLBACK TO job") }
      try connection.run("RELEASE job")
      return stands
    } catch {
      // Nobody knows what stands now: start over without this job.
      _ = rollBack()
      return false
    }
  }

  private func finish() -> CommitVerdict {
    do throws(EngineError) {
      try connection.run("COMMIT")
      isInDoubt = false
      return .committed
    } catch {
      _ = rollBack()
      // A full disk or a busy file ends before the commit record; anything else may be past it.
      if case .failed(let failure) = error, failure.isCertainlyNotCommitted {
        return .failed(error)
      }
      isInDoubt = true
      return .failed(.outcomeUnknown)
    }
  }

  private func rollBack() -> CommitVerdict {
    if !connection.isIdle { try? connection.run("ROLLBACK") }
    return WriterThread.undone
  }

  /// Writes over what a failed COMMIT may have left in the log.
  private func overwriteDoubt() {
    do throws(EngineError) {
      try connection.run("BEGIN IMMEDIATE")
      try connection.run("PRAGMA user_version = \(DatabaseFile.formatVersion)")
    } catch {
      _ = rollBack()
      return
    }
    _ = finish()
  }
}
