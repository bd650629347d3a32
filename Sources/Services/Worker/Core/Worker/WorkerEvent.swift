public import Domain

/// One answer of a claim.
public struct ClaimedItem: Hashable, Sendable {
  public enum Verdict: Hashable, Sendable {
    /// The attempt is this session's.
    case yours(AttemptLimits)
    /// Someone else has it, or nobody offers it any more.
    case gone
    /// Not known now.
    case unknown
  }

  public var attempt: AttemptID
  public var verdict: Verdict

  public init(_ attempt: AttemptID, _ verdict: Verdict) {
    self.attempt = attempt
    self.verdict = verdict
  }
}

/// What can happen to a worker. All may come twice, late or out of place.
public enum WorkerEvent: Hashable, Sendable {
  /// The process runs.
  case started
  case sessionNamed(SessionID)
  case sessionOpened(SessionID, SessionTerms)
  case sessionOpenFailed(SessionID)
  /// The call that closes a session is over, answered or not.
  case sessionClosed(SessionID)
  case hinted([AttemptID])
  case claimAnswered(SessionID, [ClaimedItem], isSessionOver: Bool)
  case claimFailed(SessionID)
  case beatAnswered(BeatAnswer)
  case beatFailed(SessionID, number: Int64)
  case executionStarted(AttemptID)
  /// The task printed something.
  case executionPrinted(AttemptID)
  /// Nothing of the execution is left, or it never started.
  case executionEnded(AttemptID, EndedExecution)
  case resultsPublished([AttemptID])
  case resultsNotPublished([AttemptID])
  /// The process was asked to end.
  case drainAsked
  case timeReached
}

/// What a worker wants done. All are volatile: what is lost is asked for again by a deadline.
public enum WorkerEffect: Hashable, Sendable {
  /// Draw a new session id.
  case nameSession
  case openSession(SessionID)
  case closeSession(SessionID)
  case claim(SessionID, named: [AttemptID], max: Int)
  case beat(Beat)
  case start(AttemptID)
  case terminate(AttemptID)
  case kill(AttemptID)
  case publish(AttemptResult)
  /// Nothing more will be asked about the attempt.
  case forget(AttemptID)
  /// The worker is over.
  case finish
}
