public import Domain

/// What is known about the end of an attempt's log.
public enum LogEnd: Hashable, Sendable {
  /// The attempt has not ended: it may print more.
  case open
  /// The attempt has ended, and its log has this many lines.
  case after(lines: Int64)
  /// The attempt has ended, and nobody knows what it printed last: its worker was lost.
  case unknown
}

/// How long a reader waits for lines of an attempt that has ended.
public struct LogPatience: Hashable, Sendable {
  /// For the next line of a log whose length is known.
  public var known: Duration
  /// For one more line of a log whose length nobody knows.
  public var unknown: Duration

  public init(known: Duration, unknown: Duration) {
    self.known = known
    self.unknown = unknown
  }
}

/// How far one reader has come in the log of one attempt, and whether it is at its end.
///
/// The end of an attempt and its last lines travel on different ways: neither says anything about
/// the other. So a log is complete when its last chunk said so or when it has as many lines as its
/// attempt reported, and it is given up when that does not happen for too long.
public struct LogTail: Hashable, Sendable {
  public enum Step: Hashable, Sendable {
    /// Lines came: read again.
    case readOn
    /// Nothing more is there; the log is given up at `until`, if ever.
    case wait(until: Uptime?)
    /// Everything was read.
    case complete
    /// The log ends before its last line: so many are missing, or nobody knows how many.
    case incomplete(missing: Int64?)
  }

  /// The first line that was not read.
  public private(set) var next: Int64
  /// Since when the attempt is known to have ended and no line has come.
  private var quietSince: Uptime?

  public init(from next: Int64 = 0) {
    self.next = next
  }

  /// Takes note that lines before `position` were read, and that nothing follows them if `isLast`.
  public mutating func read(
    to position: Int64, isLast: Bool, end: LogEnd, _ patience: LogPatience, at now: Uptime
  ) -> Step {
    let isNew = position > next
    next = max(next, position)
    if isLast { return .complete }
    let limit: Duration
    var missing: Int64?
    switch end {
    case .open:
      quietSince = nil
      return isNew ? .readOn : .wait(until: nil)
    case .after(let lines):
      if next >= lines { return .complete }
      missing = lines - next
      limit = patience.known
    case .unknown:
      limit = patience.unknown
    }
    if isNew {
      quietSince = nil
      return .readOn
    }
    let since = quietSince ?? now
    quietSince = since
    let until = since + limit
    return now >= until ? .incomplete(missing: missing) : .wait(until: until)
  }
}
