public import Domain

/// One message to one recipient, from the end of a run to its final answer.
///
/// A process sends only what it has claimed, which is a commit over the version it read: one
/// message is never under way twice. What nobody answered is recorded as unknown and tried again
/// under the same id.
public struct Delivery: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Waits for its turn. Becomes `sending` when claimed after `due`, `failed` when it is dropped
    /// or was held too long; `delivered` when an attempt that was given up turns out well.
    case waiting(due: Moment)
    /// Under way. Becomes `delivered` or `failed` when the channel says so for good, `waiting` when
    /// it may be tried again, `failed` or `unknown` when that was the last attempt.
    case sending(by: ProcessID, since: Moment, deadline: Moment)
    /// The receiver took it. Becomes `waiting` when it is asked to be sent again.
    case delivered(at: Moment)
    /// The receiver did not take it, and it is not tried any more. Becomes `waiting` when asked;
    /// `delivered` when an attempt that was given up turns out well.
    case failed(at: Moment)
    /// Not tried any more, and nobody knows whether the receiver took it. As `failed`.
    case unknown(at: Moment)
  }

  /// One try, with its number from 1.
  public struct Attempt: Hashable, Sendable {
    public enum Result: String, Hashable, Sendable, CaseIterable {
      case underWay = "under-way"
      case delivered, refused, failed, unknown
    }

    public var number: Int
    public var startedAt: Moment
    public var endedAt: Moment?
    public var result: Result
    public var note: Note?

    public init(
      number: Int, startedAt: Moment, endedAt: Moment? = nil, result: Result = .underWay,
      note: Note? = nil
    ) {
      self.number = number
      self.startedAt = startedAt
      self.endedAt = endedAt
      self.result = result
      self.note = note
    }
  }

  /// Why something ended as it did.
  public struct Note: Hashable, Sendable {
    public var code: String
    public var message: String
    public var status: Int?

    public init(_ code: String, _ message: String, status: Int? = nil) {
      self.code = code
      self.message = message
      self.status = status
    }
  }

  public let id: DeliveryID
  public var phase: Phase
  /// The newest ones, in the order of their numbers.
  public var attempts: [Attempt]
  /// All attempts that there ever were.
  public var attemptCount: Int
  /// Attempts since the message was made or asked to be sent again.
  public var attemptsInRound: Int
  public var roundStartedAt: Moment
  /// Why it was given up without an attempt, or why it waits for its subscription.
  public var note: Note?

  /// Attempts that are kept.
  public static let attemptsKeptMax = 30

  public init(_ id: DeliveryID, at now: Moment) {
    self.init(id, phase: .waiting(due: now), roundStartedAt: now)
  }

  public init(
    _ id: DeliveryID, phase: Phase, attempts: [Attempt] = [], attemptCount: Int = 0,
    attemptsInRound: Int = 0, roundStartedAt: Moment, note: Note? = nil
  ) {
    self.id = id
    self.phase = phase
    self.attempts = attempts
    self.attemptCount = attemptCount
    self.attemptsInRound = attemptsInRound
    self.roundStartedAt = roundStartedAt
    self.note = note
  }

  /// When somebody must look at it again. Timers are never stored, only derived.
  public var deadline: Moment? {
    switch phase {
    case .waiting(let due): due
    case .sending(_, _, let deadline): deadline
    case .delivered, .failed, .unknown: nil
    }
  }

  public var isFinal: Bool { deadline == nil }
}

extension Delivery {
  public enum Event: Hashable, Sendable {
    /// A process wants to send it now.
    case claimed(by: ProcessID)
    /// The channel answered the attempt with this number.
    case answered(attempt: Int, Answer)
    /// The process that was sending it is gone.
    case senderLost
    /// Its subscription is paused: look again then.
    case held(until: Moment, Note)
    /// It cannot be sent and never will be: its subscription is gone.
    case dropped(Note)
    /// Somebody wants it to be sent again, or at once.
    case redeliverAsked
  }

  /// What came of handing it over, once.
  public enum Answer: Hashable, Sendable {
    case delivered(Note)
    case refused(Note)
    case temporary(Note, retryAfter: Duration?)
    case unknown(Note)

    var note: Note {
      switch self {
      case .delivered(let note), .refused(let note), .temporary(let note, _), .unknown(let note):
        note
      }
    }

    var result: Attempt.Result {
      switch self {
      case .delivered: .delivered
      case .refused: .refused
      case .temporary: .failed
      case .unknown: .unknown
      }
    }
  }

  public enum Effect: Hashable, Sendable {
    /// Volatile: hand it over.
    case send(attempt: Int)
    /// Durable: the subscription learns of it in the same commit.
    case tellSubscription(SubscriptionHealth.Event)
    /// Not possible now.
    case refuse(Refusal)
  }

  public enum Refusal: String, Hashable, Sendable, CaseIterable {
    case notDue = "not-due"
    case underWay = "under-way"
    case final
  }
}
