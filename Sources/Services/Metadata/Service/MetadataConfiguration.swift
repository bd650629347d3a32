public import Domain

/// Limits of the metadata service. Validated once at start; nothing reads defaults later.
public struct MetadataConfiguration: Sendable {
  /// Records taken in at once.
  public var recordsPerBatchMax: Int = 500
  /// How long a poll waits when there is nothing.
  public var pollWait: Duration = .seconds(1)
  /// How long what is in the archive may stay uncommitted: after a crash it comes again, and
  /// changes nothing.
  public var commitEvery: Duration = .seconds(1)
  /// How long it waits after the archive, the bus or a peer had no answer.
  public var retryWait: Duration = .milliseconds(200)
  /// How long a call to another service may take.
  public var callWithin: Duration = .seconds(5)
  /// Lines sent to a follower at once.
  public var linesPerPageMax: Int = 500
  /// How old a run may be that is not known yet: its start was answered before the scheduler had
  /// taken it in.
  public var newRunWithin: Duration = .seconds(5)
  /// Between two looks for such a run.
  public var newRunLookEvery: Duration = .milliseconds(50)
  /// Between two looks at a task that somebody follows.
  public var lookEvery: Duration = .milliseconds(200)
  /// How long a follower waits for a line of an attempt that has ended and whose log is known to
  /// have more; then it says that lines are missing.
  public var lateLinesWithin: Duration = .seconds(30)
  /// The same for a log whose end nobody knows, since its worker was lost.
  public var lostLinesWithin: Duration = .seconds(5)
  /// How long a reader that does not follow waits for lines that are known to be missing.
  public var settledWithin: Duration = .seconds(2)
  /// Lines of a run's log held while they are put in order: bytes and, as an aim, lines.
  public var mergedBytesMax: Int = 16 << 20
  public var mergedLinesMax: Int = 65_536
  /// Bytes of lines sent at once.
  public var logWriteBytesMax: Int = 64 << 10
  /// How many times as long as a look at all tasks of a followed run took the next one waits: what
  /// share of the time the looks of one follower may take.
  public var looksPauseFactor: Int = 4
  /// Runs that one summary of a workflow looks at, the newest first, and tasks of these.
  public var runsSummarisedMax: Int = 1_000
  public var tasksSummarisedMax: Int = 5_000
  /// Jobs read from the archive at once.
  public var jobsPerPageMax: Int = 200
  /// Runs that have ended and tasks fetched from the scheduler at once.
  public var runsPerExportMax: Int = 200
  public var tasksPerPageMax: Int = 500

  /// How long runs are kept after their end.
  public var retention = RetentionRules()
  /// Between two looks for runs whose time is over.
  public var sweepEvery: Duration = .seconds(3_600)
  /// Runs removed at once, and namespaces read at once.
  public var jobsRemovedAtOnceMax: Int = 100
  public var namespacesPerPageMax: Int = 1_000

  /// What tells this process from others of the service: the same after a restart, so that it goes
  /// on where it was.
  public var member = "0"

  public init() {}
}
