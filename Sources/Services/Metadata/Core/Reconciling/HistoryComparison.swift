public import Domain

/// What history shows of a run beside what the records know of it.
///
/// Both were true once. History is fed from the records: it may know less, when it was restored
/// from an earlier moment, and it may know more, when the records were.
public struct HistoryComparison: Hashable, Sendable {
  /// A run in one of the two.
  public struct Side: Hashable, Sendable {
    public var revision: Int64
    public var state: String
    public var endedAt: Moment?

    public init(revision: Int64, state: String, endedAt: Moment? = nil) {
      self.revision = revision
      self.state = state
      self.endedAt = endedAt
    }
  }

  public enum Verdict: Hashable, Sendable, CaseIterable {
    case agrees
    /// History has to be told again.
    case behind
    /// What history has is to be taken away, and told again.
    case ahead
    /// History lacks what nobody has any more: the run itself is all that can be told.
    case lost
    /// They agree, and nobody has said so.
    case unheard
    /// Nothing that moments explain.
    case contradicts
  }

  public var known: Side
  /// Of the records: whether there is still all that history wants to have.
  public var hasTasks: Bool
  public var isHeard: Bool
  /// Nil when history has no such run.
  public var shown: Side?
  /// Whether history has tasks of the run: they come there at its end, before the run itself.
  public var showsTasks: Bool

  public init(
    known: Side, hasTasks: Bool = true, isHeard: Bool = true, shown: Side?, showsTasks: Bool = false
  ) {
    self.known = known
    self.hasTasks = hasTasks
    self.isHeard = isHeard
    self.shown = shown
    self.showsTasks = showsTasks
  }

  /// - Parameter keptSince: runs that ended before are not in history any more.
  public func verdict(keptSince: Moment) -> Verdict {
    guard let ended = known.endedAt else { return verdictOfLive }
    guard ended >= keptSince else { return .agrees }
    guard let shown, shown.endedAt != nil else { return hasTasks ? .behind : .lost }
    if shown.revision > known.revision { return hasTasks ? .ahead : .contradicts }
    if shown.revision < known.revision { return hasTasks ? .behind : .lost }
    guard shown.state == known.state, shown.endedAt == ended else { return .contradicts }
    return isHeard ? .agrees : .unheard
  }

  /// Of a run that goes on history only knows that somebody asked for it.
  private var verdictOfLive: Verdict {
    if showsTasks { return .ahead }
    guard let shown else { return .behind }
    return shown.endedAt != nil || shown.revision > known.revision ? .ahead : .agrees
  }
}
