public import Domain

/// How long the files of one run are kept. The root of its artifacts: who adds one relies on it.
public struct RunRetention: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// The run goes on, as far as is known. Becomes `ended` when it is heard of; at `check` it is
    /// asked, since messages may come before the row.
    case open(check: Moment)
    /// Becomes `expired` when the time is over.
    case ended(at: Moment, until: Moment)
    /// Takes nothing more. Its files are removed `again` until none is left; then it is forgotten.
    case expired(again: Moment)
  }

  public enum Event: Hashable, Sendable {
    /// May come more than once; a run that was run again ends again.
    case ended(at: Moment)
    /// Asked, and it goes on.
    case goesOn
    /// Asked, and nobody knows the run any more.
    case unknown
    case timeReached
    /// No file of it is left.
    case emptied
  }

  public enum Effect: Hashable, Sendable {
    /// Volatile: ask how the run stands.
    case ask
    /// Volatile: remove what it has.
    case removeArtifacts
    /// Durable: nothing is left of it.
    case forget
  }

  public private(set) var phase: Phase
  public let limits: ArtifactLimits

  /// A run that was just heard of.
  public init(endedAt: Moment?, at now: Moment, limits: ArtifactLimits = ArtifactLimits()) {
    let phase: Phase =
      endedAt.map { .ended(at: $0, until: $0 + limits.keptAfterRun) }
      ?? .open(check: now + limits.runCheckEvery)
    self.init(phase: phase, limits: limits)
  }

  /// As it was stored.
  public init(phase: Phase, limits: ArtifactLimits = ArtifactLimits()) {
    self.phase = phase
    self.limits = limits
  }

  public var takesArtifacts: Bool {
    switch phase {
    case .open, .ended: true
    case .expired: false
    }
  }

  /// When it wants to be woken.
  public var deadline: Moment {
    switch phase {
    case .open(let check): check
    case .ended(_, let until): until
    case .expired(let again): again
    }
  }

  public mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
    switch (phase, event) {
    case (.open, .ended(let end)):
      phase = .ended(at: end, until: end + limits.keptAfterRun)
      return []
    case (.open, .goesOn):
      phase = .open(check: now + limits.runCheckEvery)
      return []
    case (.open, .unknown):
      phase = .ended(at: now, until: now + limits.keptAfterRun)
      return []
    case (.open(let check), .timeReached):
      guard now >= check else { return [] }
      phase = .open(check: now + limits.runRetry)
      return [.ask]
    case (.ended(let known, _), .ended(let end)):
      if end > known { phase = .ended(at: end, until: end + limits.keptAfterRun) }
      return []
    case (.ended(_, let until), .timeReached):
      guard now >= until else { return [] }
      phase = .expired(again: now + limits.runRetry)
      return [.removeArtifacts]
    case (.expired(let again), .timeReached):
      guard now >= again else { return [] }
      phase = .expired(again: now + limits.runRetry)
      return [.removeArtifacts]
    case (.expired, .emptied):
      return [.forget]
    case (.open, .emptied), (.ended, .goesOn), (.ended, .unknown), (.ended, .emptied),
      (.expired, .ended), (.expired, .goesOn), (.expired, .unknown):
      return []
    }
  }
}
