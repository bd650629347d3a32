public import Domain

/// Where a worker is in its life.
public enum WorkerPhase: Hashable, Sendable {
  /// Becomes `naming` when the process has started.
  case idle
  /// Waits for the id of its next session. Becomes `opening` when named, `over` when drained.
  case naming
  /// Asks for a session. Becomes `open` when opened, `pausing` when that failed, `closing` when
  /// drained, since the scheduler may have opened it.
  case opening(SessionID, tries: Int, since: Uptime)
  /// Asks again at `retryAt`. Becomes `opening` then, `closing` when drained.
  case pausing(SessionID, tries: Int, retryAt: Uptime)
  /// Claims and runs. Becomes `draining` when asked to, `ending` when the session is over.
  case open(Session)
  /// Claims nothing more and lets what runs go on. Becomes `evicting` at `stopAt`, `settling` when
  /// nothing runs, `ending` when the session is over.
  case draining(Session, stopAt: Uptime)
  /// Stops what still runs, and kills it at `killAt`. Becomes `settling` when nothing runs,
  /// `ending` when the session is over.
  case evicting(Session, killAt: Uptime)
  /// Waits for the owners' answers to the results. Becomes `closing` when all are there or at
  /// `closeAt`, `ending` when the session is over.
  case settling(Session, closeAt: Uptime)
  /// The session is over: kills everything it held. Becomes `over` when nothing runs and this was
  /// the last session, otherwise `naming`, but not before `pauseUntil`.
  case ending(SessionID, isLast: Bool, pauseUntil: Uptime)
  /// Gives the session back. Becomes `over` when that is done.
  case closing(SessionID)
  /// Final.
  case over

  /// The open session, if there is one.
  public var session: Session? {
    switch self {
    case .open(let session), .draining(let session, _), .evicting(let session, _),
      .settling(let session, _):
      session
    case .idle, .naming, .opening, .pausing, .ending, .closing, .over: nil
    }
  }

  public var isDraining: Bool {
    switch self {
    case .draining, .evicting, .settling, .closing: true
    case .ending(_, let isLast, _): isLast
    case .idle, .naming, .opening, .pausing, .open, .over: false
    }
  }

  public var isOpen: Bool {
    switch self {
    case .open: true
    case .idle, .naming, .opening, .pausing, .draining, .evicting, .settling, .ending, .closing,
      .over:
      false
    }
  }

  /// When the phase itself ends or the session needs something; `isBusy` while attempts run.
  func deadline(isBusy: Bool) -> Uptime? {
    switch self {
    case .pausing(_, _, let retryAt): retryAt
    case .open(let session): session.deadline
    case .draining(let session, let stopAt): min(session.deadline, stopAt)
    case .evicting(let session, let killAt): min(session.deadline, killAt)
    case .settling(let session, let closeAt): min(session.deadline, closeAt)
    case .ending(_, let isLast, let pauseUntil): isLast || isBusy ? nil : pauseUntil
    case .idle, .naming, .opening, .closing, .over: nil
    }
  }

  /// The same phase with its session changed.
  mutating func updateSession(_ change: (inout Session) -> Void) {
    switch self {
    case .open(var session):
      change(&session)
      self = .open(session)
    case .draining(var session, let stopAt):
      change(&session)
      self = .draining(session, stopAt: stopAt)
    case .evicting(var session, let killAt):
      change(&session)
      self = .evicting(session, killAt: killAt)
    case .settling(var session, let closeAt):
      change(&session)
      self = .settling(session, closeAt: closeAt)
    case .idle, .naming, .opening, .pausing, .ending, .closing, .over: break
    }
  }
}
