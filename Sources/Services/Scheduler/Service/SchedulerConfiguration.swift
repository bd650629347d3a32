public import ServiceKit

/// Limits of the scheduler service. Validated once at start; nothing reads defaults later.
public struct SchedulerConfiguration: Sendable {
  /// How long a partition stays with an owner that shows no life.
  public var partitionLease: Duration = .seconds(3)
  /// How often an idle owner renews its partition, and others look at it.
  public var partitionRenewEvery: Duration = .seconds(1)
  /// How often a process that does not own all partitions looks for ones to take: the length of a
  /// planned hand-over.
  public var partitionLookEvery: Duration = .milliseconds(50)
  /// How long a worker session lives without a heartbeat.
  public var sessionLease: Duration = .seconds(30)
  /// How often a live session's row is renewed.
  public var sessionRenewEvery: Duration = .seconds(8)
  /// How often a worker sends a heartbeat: the bound on how late it learns of a cancellation.
  public var beatEvery: Duration = .seconds(1)
  /// How often sessions are looked at.
  public var sessionSweepEvery: Duration = .seconds(1)
  /// After how long the losses of a session that is over are told again when nobody has taken them
  /// in.
  public var lossRepeatedEvery: Duration = .seconds(5)
  /// Records taken in by one batch.
  public var recordsPerBatchMax: Int = 500
  /// Bytes of the records taken in by one batch, unless one record alone has more.
  public var bytesPerBatchMax: Int = 2 << 20
  /// Rows written by one batch, about.
  public var rowsPerBatchMax: Int = 2_000
  /// How often it looks whether a topic was made anew.
  public var logsCheckEvery: Duration = .seconds(30)
  /// How long an owner that asks the broker about its logs keeps its partition without an answer,
  /// its lease not counted.
  public var brokerPatience: Duration = .seconds(10)
  /// How often an owner says what waits in its partition.
  public var gaugesEvery: Duration = .seconds(15)
  /// Tasks offered per pool and partition at least, whatever the number of workers.
  public var offeredMin: Int = 64
  /// Attempts granted to one claim.
  public var claimsMax: Int = 512
  /// Pages of that many offers that one claim looks through for one that nobody has.
  public var offerPagesMax: Int = 40
  /// How long the tasks of a run stay here after its end, once the archive has a copy of them. The
  /// run's own row stays: it answers for the run and knows it again if its start comes once more.
  public var endedRunsRetention: Duration = .seconds(7 * 24 * 3_600)
  /// How long a worker session and a command for an unknown run stay here when they are of no more
  /// use.
  public var endedSessionsRetention: Duration = .seconds(24 * 3_600)
  /// How long the archive may take to confirm that it has a run that ended; then its end is
  /// announced again, and again after twice as long, up to `endRepeatedEvery`.
  public var endHeardWithin: Duration = .seconds(60)
  public var endRepeatedEvery: Duration = .seconds(3_600)
  /// Runs that wait for that confirmation; others are announced once.
  public var endsWatchedMax: Int = 100_000
  /// How often it looks for what may be forgotten.
  public var forgetEvery: Duration = .seconds(60)
  /// How often it looks for permits of limits whose holders must be told again.
  public var limitsCheckEvery: Duration = .seconds(10)
  /// Claims on limits that are looked at in one batch.
  public var limitsPerCheckMax: Int = 500
  /// Rows deleted by one batch, about.
  public var forgottenPerBatchMax: Int = 500
  /// Plans kept in memory.
  public var plansCachedMax: Int = 256
  /// How long it waits after the store, the bus or a peer had no answer.
  public var retryWait: Duration = .milliseconds(200)
  /// How long an owner waits for a definition before it looks after its partition again: less than
  /// the lease, or it would lose the partition to somebody who has to wait as well.
  public var planWithin: Duration = .seconds(1)
  public var outbox = OutboxConfiguration()

  public init() {
    // Each outbox belongs to a partition, and only its owner writes there.
    outbox.idleWaitMax = .seconds(5)
  }
}
