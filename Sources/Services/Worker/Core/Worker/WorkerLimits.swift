public import Domain

/// The numbers that the worker decides by.
public struct WorkerLimits: Hashable, Sendable {
  /// Attempts that run at once.
  public var slotsMax: Int
  /// Hints kept while no slot is free; more are dropped, since the scheduler repeats them.
  public var hintsMax: Int
  /// Attempts that one claim asks for: a scheduler gives no more at once.
  public var claimMax: Int
  /// Results kept without an answer of their owner; at this many nothing new is claimed.
  public var resultsHeldMax: Int
  /// Results named in one heartbeat.
  public var resultsPerBeatMax: Int
  /// From this many unanswered results on, heartbeats hurry.
  public var resultsHurryFrom: Int
  /// The shortest time between two heartbeats.
  public var beatSoonest: Duration
  /// Waits after empty or failed claims.
  public var claimRetry: Backoff
  /// Waits after failures to open a session.
  public var openRetry: Backoff
  /// Between the end of a session and the next one.
  public var sessionPause: Duration
  /// Waits after failures to publish a result.
  public var publishRetry: Backoff
  /// Waits for the owner's answer before a result is published again.
  public var resend: Backoff
  /// Between two kills of a tree that will not end.
  public var killAgainAfter: Duration
  /// How long running attempts may go on while the worker drains.
  public var drainWithin: Duration
  /// How long attempts that are stopped while the worker drains may take to end, whatever grace
  /// they have; then they are killed.
  public var evictWithin: Duration
  /// How long a drained worker waits for the owners' answers to its results.
  public var acknowledgedWithin: Duration

  public init(
    slotsMax: Int = 8, hintsMax: Int = 1_024, claimMax: Int = 512, resultsHeldMax: Int = 5_000,
    resultsPerBeatMax: Int = 1_000, resultsHurryFrom: Int = 64,
    beatSoonest: Duration = .milliseconds(50),
    claimRetry: Backoff = WorkerLimits.waits(.milliseconds(20), .seconds(1)),
    openRetry: Backoff = WorkerLimits.waits(.milliseconds(100), .seconds(5)),
    sessionPause: Duration = .milliseconds(200),
    publishRetry: Backoff = WorkerLimits.waits(.milliseconds(100), .seconds(5)),
    resend: Backoff = WorkerLimits.waits(.seconds(5), .seconds(60)),
    killAgainAfter: Duration = .seconds(1), drainWithin: Duration = .seconds(30),
    evictWithin: Duration = .seconds(15), acknowledgedWithin: Duration = .seconds(5)
  ) {
    self.slotsMax = slotsMax
    self.hintsMax = hintsMax
    self.claimMax = claimMax
    self.resultsHeldMax = resultsHeldMax
    self.resultsPerBeatMax = resultsPerBeatMax
    self.resultsHurryFrom = resultsHurryFrom
    self.beatSoonest = beatSoonest
    self.claimRetry = claimRetry
    self.openRetry = openRetry
    self.sessionPause = sessionPause
    self.publishRetry = publishRetry
    self.resend = resend
    self.killAgainAfter = killAgainAfter
    self.drainWithin = drainWithin
    self.evictWithin = evictWithin
    self.acknowledgedWithin = acknowledgedWithin
  }

  /// Doubling waits without jitter: they are about this worker alone.
  public static func waits(_ first: Duration, _ cap: Duration) -> Backoff {
    Backoff(initial: first, cap: cap, jitter: .none)
  }
}
