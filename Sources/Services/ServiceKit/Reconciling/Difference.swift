/// Something that two stores say differently, as a comparison finds it after stores were restored
/// from different moments.
public struct Difference: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// History lacks a run, or says less of it than the records.
    case runMissing = "run-missing-in-history"
    /// History says more of a run than the records.
    case runAhead = "run-ahead-in-history"
    /// History shows a run going on of which no record knows.
    case runUnknownLive = "run-unknown-live"
    /// History shows a run that has ended and of which no record knows.
    case runUnknownEnded = "run-unknown-ended"
    /// History and records say different things of the same revision of a run.
    case runContradicts = "run-contradicts"
    /// History lacks a run whose tasks are not in the records any more.
    case historyLost = "run-history-lost"
    /// Nobody has confirmed that a run has ended.
    case endUnheard = "end-unheard"
    /// The log of an attempt that has not begun, as the records say.
    case logsAhead = "logs-ahead"
    /// Lines that an attempt has printed are not in its log.
    case logsLost = "logs-lost"
    /// The bytes of an artifact are not in the object store.
    case contentMissing = "content-missing"
    /// The bytes of an artifact are others than the records say.
    case contentDiffers = "content-differs"
    /// An object of which no record knows.
    case objectUnknown = "object-unknown"
  }

  public enum Standing: String, Hashable, Sendable {
    /// Can be mended.
    case open
    case mended
    /// Follows from the different moments, and nothing can or shall be done.
    case kept
    /// Cannot come from different moments: somebody has to look.
    case unexplained
  }

  public var kind: Kind
  public var standing: Standing
  /// A run, an attempt, an artifact, or the key of an object.
  public var subject: String
  /// What it is, and what becomes of it.
  public var detail: String

  public init(_ kind: Kind, _ standing: Standing, _ subject: String, _ detail: String) {
    self.kind = kind
    self.standing = standing
    self.subject = subject
    self.detail = detail
  }
}

/// What a comparison may do about what it finds.
public struct Repairs: Hashable, Sendable {
  /// Without it nothing is changed.
  public var isOn: Bool
  public var deletesObjects: Bool
  public var forgetsLostArtifacts: Bool

  public init(
    isOn: Bool = false, deletesObjects: Bool = false, forgetsLostArtifacts: Bool = false
  ) {
    self.isOn = isOn
    self.deletesObjects = deletesObjects
    self.forgetsLostArtifacts = forgetsLostArtifacts
  }

  /// How something stands that is mended when it is allowed to.
  public func standing(allowed isAllowed: Bool = true) -> Difference.Standing {
    isAllowed ? (isOn ? .mended : .open) : .kept
  }
}
