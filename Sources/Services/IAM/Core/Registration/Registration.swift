public import Domain

/// Who may make a user of their own.
public enum RegistrationMode: String, Hashable, Sendable, CaseIterable {
  /// Nobody: administrators make users.
  case closed
  /// Who was invited.
  case invite
  /// Anyone. A new user holds no role.
  case open
}

/// What somebody who registers brings.
public enum RegistrationProof: Hashable, Sendable, CaseIterable {
  case nothing
  case invitation
  /// The token that makes the first administrator; good in every mode, once.
  case firstAdmin
}

extension RegistrationMode {
  public func admits(_ proof: RegistrationProof) -> Bool {
    switch (self, proof) {
    case (_, .firstAdmin): true
    case (.closed, .nothing), (.closed, .invitation), (.invite, .nothing): false
    case (.invite, .invitation), (.open, .nothing), (.open, .invitation): true
    }
  }
}

/// An invitation: good for one user, for a time, with the roles that come with it.
public struct Invitation: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Becomes `ended` when used or withdrawn, or over when its time has come.
    case live
    /// Final.
    case ended
  }

  public enum Event: Hashable, Sendable {
    case used
    case withdrawn
    case timeReached
  }

  public enum Effect: Hashable, Sendable {
    case accept
    case refuse
    /// Durable: nothing of it needs to be remembered.
    case forget
  }

  public private(set) var phase: Phase
  public let expiresAt: Moment

  public init(_ phase: Phase = .live, expiresAt: Moment) {
    self.phase = phase
    self.expiresAt = expiresAt
  }

  public var deadline: Moment { expiresAt }

  public mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
    switch (phase, event) {
    case (.live, .used):
      guard now < expiresAt else { return [.refuse] }
      phase = .ended
      return [.accept]
    case (.live, .withdrawn):
      phase = .ended
      return []
    case (.live, .timeReached), (.ended, .timeReached):
      return now >= deadline ? [.forget] : []
    case (.ended, .used):
      return [.refuse]
    case (.ended, .withdrawn):
      return []
    }
  }
}
