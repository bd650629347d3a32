public import Domain

/// What may happen to a run. Every event may come twice, late or out of place.
public enum RunEvent: Hashable, Sendable {
  /// A worker reported how an attempt ended, or someone saw that it was lost.
  case attemptEnded(TaskKey, Fence, AttemptReport)
  /// An attempt was seen to be claimed. Knowledge only, never stored.
  case claimed(TaskKey, Fence, Claim)
  /// The lease of a withdrawn attempt was read: who has it, if anyone.
  case leaseRead(TaskKey, Fence, Claim?)
  /// The pool's window has room for this ready task.
  case offered(TaskPlace)
  case cancelled(command: String, Reason)
  case killed(command: String, Reason)
  /// Nothing more is dispatched until the run is resumed.
  case paused(command: String, Reason)
  case resumed(command: String)
  /// A person decides how a task ends.
  case overridden(command: String, TaskKey, TaskOverride)
  /// One of the permits that its workflow limits is the run's.
  case permitGranted(LimitKey)
  /// There is no permit, and the run ends without having run: as skipped, or as cancelled.
  case permitRefused(LimitKey, isSkip: Bool, Reason)
  /// An input of the run could not be taken in.
  case quarantined(Reason)
  case timeReached
  /// Work that was left for later goes on, until about this many rows have changed.
  case workContinued(rowsMax: Int)
}

/// How an attempt ended, as reported.
public struct AttemptReport: Hashable, Sendable {
  public enum Result: Hashable, Sendable {
    case succeeded(outputs: SortedMap<String, Value>, exitCode: Int? = nil)
    case failed(exitCode: Int?)
    case timedOut
    case stopped
    case lost
  }

  public var result: Result
  public var worker: String
  public var startedAt: Moment?
  public var endedAt: Moment
  public var reason: Reason?
  /// Lines that its log has; nil when nobody knows.
  public var logLines: Int64?
  /// What it has used; nil when nobody measured it.
  public var usage: ResourceUsage?

  public init(
    _ result: Result, worker: String = "", startedAt: Moment? = nil, endedAt: Moment,
    reason: Reason? = nil, logLines: Int64? = nil
  ) {
    self.result = result
    self.worker = worker
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.reason = reason
    self.logLines = logLines
  }
}

/// What follows from an event. The first group is durable: it commits with the state. The second is
/// volatile: performed after the commit, may be lost, and nothing depends on it.
public enum RunEffect: Hashable, Sendable {
  case storeRun
  case storeTask(TaskPlace)
  /// Tell the session that holds the attempt to stop it.
  case requestStop(AttemptID, SessionID, isKill: Bool, reason: String)
  /// Ask whoever keeps the limit for a permit.
  case askPermit(RunPermit)
  case giveBackPermit(LimitKey)
  /// The run has ended: tell everyone.
  case announceEnd(RunOutcome)

  case hint(AttemptID, PoolName)
  /// Read the lease of a withdrawn attempt and answer with `leaseRead`.
  case readLease(AttemptID)
  /// Read the lease of an attempt that is offered for long: `claimed` if there is one, a new hint
  /// if not.
  case checkOffer(AttemptID, PoolName)
}
