public import Domain

/// How an execution ended, as its executor saw it.
public enum AttemptEnding: Hashable, Sendable {
  /// By itself and well.
  case succeeded(outputs: SortedMap<String, Value>, exitCode: Int? = nil)
  /// By itself and badly.
  case failed(exitCode: Int?, reason: Reason)
  /// Because it was told to.
  case stopped(Reason)
  /// Nobody can tell.
  case unknown(Reason)
  /// It never started, and nothing of it runs: another worker, or this one later, may try.
  case notStarted(Reason)
}

/// Everything that is known about an execution once nothing of it is left.
public struct EndedExecution: Hashable, Sendable {
  public var ending: AttemptEnding
  public var startedAt: Moment
  public var endedAt: Moment
  /// Lines that its log has.
  public var logLines: Int64
  /// What it has used; nil when nobody measured it.
  public var usage: ResourceUsage?

  public init(ending: AttemptEnding, startedAt: Moment, endedAt: Moment, logLines: Int64 = 0) {
    self.ending = ending
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.logLines = logLines
  }
}

/// What the worker reports about an attempt: its last word, kept until the owner has it.
public struct AttemptResult: Hashable, Sendable {
  public enum Verdict: Hashable, Sendable {
    case succeeded(outputs: SortedMap<String, Value>, exitCode: Int? = nil)
    case failed(exitCode: Int?, Reason)
    case timedOut(Reason)
    /// Stopped because the scheduler asked for it.
    case stopped(Reason)
    /// The worker cannot say what it did, or had to give it up.
    case lost(Reason)
  }

  public var attempt: AttemptID
  public var session: SessionID
  public var verdict: Verdict
  public var startedAt: Moment
  public var endedAt: Moment
  public var logLines: Int64
  /// What it has used; nil when nobody measured it.
  public var usage: ResourceUsage?

  public init(
    attempt: AttemptID, session: SessionID, verdict: Verdict, startedAt: Moment, endedAt: Moment,
    logLines: Int64
  ) {
    self.attempt = attempt
    self.session = session
    self.verdict = verdict
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.logLines = logLines
  }
}
