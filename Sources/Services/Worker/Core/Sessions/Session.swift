public import Domain

/// What the scheduler grants with a session.
public struct SessionTerms: Hashable, Sendable {
  /// How long the session lives without a heartbeat.
  public var lease: Duration
  public var beatEvery: Duration

  public init(lease: Duration, beatEvery: Duration) {
    self.lease = lease
    self.beatEvery = beatEvery
  }
}

/// A heartbeat: what the worker holds, and what it waits for.
public struct Beat: Hashable, Sendable {
  public var session: SessionID
  /// Grows by one with each beat of the session.
  public var number: Int64
  public var heldCount: Int
  /// The wrapping sum of the stable hashes of the attempts held, results included.
  public var heldHash: UInt64
  /// All attempts held, when the answer before asked for them.
  public var held: [AttemptID]?
  /// Results without an answer of their owner, as many as one beat may name.
  public var results: [AttemptID]
  /// Stops that have been carried out, or were about attempts that are not here.
  public var stopped: [AttemptID]
  public var isDraining: Bool
}

/// What the scheduler answered to a heartbeat.
public struct BeatAnswer: Hashable, Sendable {
  public struct Stop: Hashable, Sendable {
    public var attempt: AttemptID
    public var force: StopForce
    public var reason: String

    public init(_ attempt: AttemptID, _ force: StopForce, reason: String) {
      self.attempt = attempt
      self.force = force
      self.reason = reason
    }
  }

  public var session: SessionID
  public var number: Int64
  public var stops: [Stop]
  public var acknowledged: [AttemptID]
  public var wantsHeld: Bool
  public var asksToDrain: Bool
  public var isSessionOver: Bool

  public init(
    session: SessionID, number: Int64, stops: [Stop] = [], acknowledged: [AttemptID] = [],
    wantsHeld: Bool = false, asksToDrain: Bool = false, isSessionOver: Bool = false
  ) {
    self.session = session
    self.number = number
    self.stops = stops
    self.acknowledged = acknowledged
    self.wantsHeld = wantsHeld
    self.asksToDrain = asksToDrain
    self.isSessionOver = isSessionOver
  }
}

/// An open session: its heartbeats, and how long it can be relied on.
public struct Session: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Becomes `beating` at `beatAt`.
    case resting(beatAt: Uptime)
    /// A heartbeat is under way. Becomes `resting` when answered or failed.
    case beating(since: Uptime, stopped: [AttemptID])
  }

  public let id: SessionID
  public let terms: SessionTerms
  public private(set) var phase: Phase
  /// The number of the last heartbeat made.
  public private(set) var beats: Int64 = 0
  /// Until then the scheduler cannot have declared the session over for silence: the lease, counted
  /// from when the last answered heartbeat was sent.
  public private(set) var reliableUntil: Uptime
  public private(set) var wantsHeld = false
  private var lastBeatAt: Uptime

  public init(_ id: SessionID, _ terms: SessionTerms, at now: Uptime) {
    self.id = id
    self.terms = terms
    phase = .resting(beatAt: now + terms.beatEvery)
    reliableUntil = now + terms.lease
    lastBeatAt = now
  }

  public var deadline: Uptime {
    switch phase {
    case .resting(let beatAt): min(beatAt, reliableUntil)
    case .beating: reliableUntil
    }
  }

  /// Makes the next heartbeat come as soon as it may.
  mutating func hurry(_ limits: WorkerLimits) {
    guard case .resting(let beatAt) = phase else { return }
    phase = .resting(beatAt: min(beatAt, lastBeatAt + limits.beatSoonest))
  }

  /// The number of the heartbeat to send now, if one is due.
  mutating func next(stopped: [AttemptID], at now: Uptime) -> Int64? {
    guard case .resting(let beatAt) = phase, now >= beatAt, beats < .max else { return nil }
    beats += 1
    phase = .beating(since: now, stopped: stopped)
    lastBeatAt = now
    return beats
  }

  /// The answer to the heartbeat under way; returns the stops that the scheduler knows of now, or
  /// nil when the answer is to another one.
  mutating func answered(
    _ number: Int64, wantsHeld: Bool, at now: Uptime
  ) -> [AttemptID]? {
    guard case .beating(let since, let stopped) = phase, number == beats else { return nil }
    reliableUntil = max(reliableUntil, since + terms.lease)
    self.wantsHeld = wantsHeld
    phase = .resting(beatAt: since + terms.beatEvery)
    return stopped
  }

  /// The heartbeat was not answered; it is made again sooner than usual, with the next number.
  mutating func failed(_ number: Int64, _ limits: WorkerLimits, at now: Uptime) {
    guard case .beating = phase, number == beats else { return }
    let pause = max(terms.beatEvery / 4, limits.beatSoonest)
    phase = .resting(beatAt: now + pause)
  }
}
