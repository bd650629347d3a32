/// How a run ended.
public enum RunOutcome: String, Hashable, Sendable, CaseIterable {
  case succeeded, failed, cancelled, timedOut

  /// The word that expressions and users see in `run.outcome`: the same as for tasks.
  public var word: String {
    switch self {
    case .succeeded: "success"
    case .failed: "failed"
    case .cancelled: "cancelled"
    case .timedOut: "timedOut"
    }
  }
}

/// How a task ended, its last attempt decided.
public enum TaskOutcome: String, Hashable, Sendable, CaseIterable {
  case succeeded, failed, skipped, cancelled, timedOut, lost

  /// The word that expressions and users see in `tasks.x.outcome`.
  public var word: String {
    switch self {
    case .succeeded: "success"
    case .failed: "failed"
    case .skipped: "skipped"
    case .cancelled: "cancelled"
    case .timedOut: "timedOut"
    case .lost: "lost"
    }
  }

  /// Failed, timed out or lost: what makes a run fail.
  public var isFailure: Bool {
    switch self {
    case .failed, .timedOut, .lost: true
    case .succeeded, .skipped, .cancelled: false
    }
  }

  /// Whether a dependant that needs `outcome` may start.
  public func satisfies(_ outcome: Need.Outcome) -> Bool {
    switch outcome {
    case .success: self == .succeeded
    case .failed: isFailure
    case .done: self == .succeeded || isFailure
    case .any: true
    }
  }
}

/// Why something is as it is: why it waits, was skipped, is tried again, ended.
///
/// Nothing that is not running goes without one.
public struct Reason: Hashable, Sendable {
  /// A stable word for programs, such as `needs-unmet` or `backoff`.
  public var code: String
  /// A sentence for people: what, why and what would help.
  public var message: String
  /// Since when it holds.
  public var since: Moment
  /// When it will end by itself, if it will.
  public var until: Moment?
  /// What stands in the way: task keys, limits, sessions.
  public var blockers: [String]

  public init(
    code: String, message: String, since: Moment, until: Moment? = nil, blockers: [String] = []
  ) {
    self.code = code
    self.message = message
    self.since = since
    self.until = until
    self.blockers = blockers
  }
}
