public import Domain
public import WorkerCore

/// Limits of the worker service. Validated once at start; nothing reads defaults later.
public struct WorkerConfiguration: Sendable {
  /// The worker's name: one per machine or container, the same after a restart.
  public var name: String
  public var pools: [PoolName]
  public var labels: SortedMap<String, String> = [:]
  /// How well processes are contained here, as the executors report it.
  public var containment: String = ""
  public var limits: WorkerLimits
  /// How long a call to the scheduler may take.
  public var callWithin: Duration = .seconds(5)
  /// How long a claim may take. What was granted and not heard of is given to others after two
  /// heartbeats, so that waiting longer brings nothing.
  public var claimWithin: Duration = .seconds(2)
  /// How long a poll for hints waits when there is nothing.
  public var pollWait: Duration = .seconds(1)
  /// Hints taken in at once.
  public var hintsPerPollMax: Int = 256
  /// How long it waits after the bus or the network had no answer.
  public var retryWait: Duration = .milliseconds(200)
  /// Between two commits of hints that were read.
  public var hintsCommitEvery: Duration = .seconds(1)
  /// Bytes of lines in one log record.
  public var logRecordBytesMax: Int = 128 << 10
  /// Bytes of lines that one attempt may be ahead of the bus; then it is held back.
  public var logBufferBytesMax: Int = 256 << 10
  /// Bytes of lines that all attempts together may keep for the bus before they end no faster than
  /// it takes them.
  public var logBytesHeldMax: Int = 64 << 20
  /// How long the result of an attempt waits for its last lines to reach the bus. They are kept and
  /// shipped afterwards too.
  public var logFlushWithin: Duration = .seconds(10)
  /// How long everything may take after the worker was cancelled: draining, stopping, the last
  /// reports. Then what is left is killed and not reported.
  public var endWithin: Duration = .seconds(90)
  /// Bytes of the message of a reason; what is longer is cut.
  public var reasonBytesMax: Int = 4 << 10
  /// What it does with the files of attempts.
  public var transfers = TransferLimits()
  /// Results published at once.
  public var resultsPerBatchMax: Int = 256

  /// - Parameter slots: attempts that run at once.
  public init(name: String, pools: [PoolName] = [.default], slots: Int) {
    self.name = name
    self.pools = pools
    // A pool offers twice as many as its workers can run.
    limits = WorkerLimits(slotsMax: slots, hintsMax: max(1_024, 4 * slots))
  }
}
