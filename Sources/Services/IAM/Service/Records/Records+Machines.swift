internal import Contracts
internal import Domain
internal import IAMCore
internal import ServiceKit

// Records and machines, each made from the other.

extension UserRecord {
  var subject: Subject {
    Subject(
      isDisabled ? .disabled : .active, grants: RoleGrants(texts: roles) ?? RoleGrants(),
      epoch: epoch)
  }

  mutating func take(_ subject: Subject, _ effects: [Subject.Effect]) {
    isDisabled = subject.phase == .disabled
    roles = subject.grants.texts
    epoch = subject.epoch
    if effects.contains(.endSignIns) { signInsEpoch = subject.epoch }
  }
}

extension AccountRecord {
  var subject: Subject {
    Subject(
      isDisabled ? .disabled : .active, grants: RoleGrants(texts: roles) ?? RoleGrants(),
      epoch: epoch)
  }

  var fullName: String { "\(name)@\(namespace)" }

  mutating func take(_ subject: Subject) {
    isDisabled = subject.phase == .disabled
    roles = subject.grants.texts
    epoch = subject.epoch
  }
}

extension SignInRecord {
  func signIn(_ limits: SignIn.Limits) -> SignIn {
    let phase: SignIn.Phase
    if end.isEmpty {
      phase = .live(
        generation: Int(clamping: generation), rotatedAt: Moment(microseconds: rotatedAtUs))
    } else {
      phase = .ended(SignIn.End(rawValue: end) ?? .revoked, at: Moment(microseconds: endedAtUs))
    }
    return SignIn(phase, startedAt: Moment(microseconds: startedAtUs), limits: limits)
  }

  mutating func take(_ signIn: SignIn) {
    switch signIn.phase {
    case .live(let generation, let rotatedAt):
      self.generation = Int64(generation)
      rotatedAtUs = rotatedAt.microseconds
    case .ended(let end, let at):
      self.end = end.rawValue
      endedAtUs = at.microseconds
    }
    deadlineUs = signIn.deadline.microseconds
  }
}

extension TokenRecord {
  func token(_ limits: APIToken.Limits) -> APIToken {
    APIToken(
      endedAtUs == 0 ? .live : .ended(at: Moment(microseconds: endedAtUs)),
      expiresAt: Moment(microseconds: expiresAtUs),
      lastUsedAt: lastUsedAtUs == 0 ? nil : Moment(microseconds: lastUsedAtUs), limits: limits)
  }

  mutating func take(_ token: APIToken) {
    if case .ended(let at) = token.phase { endedAtUs = at.microseconds }
    lastUsedAtUs = token.lastUsedAt?.microseconds ?? 0
    deadlineUs = token.deadline.microseconds
  }

  /// The permissions that it was made for; nil means all.
  var permissions: SortedSet<Permission>? {
    isScoped ? SortedSet(scopes.compactMap { Permission(rawValue: $0) }) : nil
  }
}

extension InvitationRecord {
  var invitation: Invitation {
    Invitation(isEnded ? .ended : .live, expiresAt: Moment(microseconds: expiresAtUs))
  }
}

extension ThrottleRecord {
  func throttle(_ limits: LoginThrottle.Limits) -> LoginThrottle {
    LoginThrottle(
      failures > 0
        ? .counting(failures: Int(clamping: failures), last: Moment(microseconds: lastAtUs))
        : .calm, limits: limits)
  }
}

extension InstallationRecord {
  static let key = "installation"

  var machine: Administrators {
    Administrators(administrators.isEmpty ? .none : .some(SortedSet(administrators)))
  }

  mutating func take(_ machine: Administrators) {
    if case .some(let members) = machine.phase { administrators = members.members }
  }
}

extension VoidCountRecord {
  static let key = "voids"
}

extension KeyRingRecord {
  static let key = "access-tokens"

  func machine(_ limits: KeyRing.Limits) -> KeyRing {
    KeyRing(
      keys.compactMap { key in
        guard let id = KeyID(text: key.id) else { return nil }
        let at = Moment(microseconds: key.atUs)
        let phase: KeyRing.Key.Phase
        switch key.phase {
        case .next: phase = .next(publishedAt: at)
        case .current: phase = .current(since: at)
        case .retired, .unspecified, .unrecognized: phase = .retired(at: at)
        }
        return KeyRing.Key(
          id: id, algorithm: key.algorithm, publicKey: key.publicKey, phase: phase)
      }, limits: limits)
  }

  mutating func take(_ ring: KeyRing) {
    keys = ring.keys.map { key in
      let (phase, at): (Key.Phase, Moment) =
        switch key.phase {
        case .next(let at): (.next, at)
        case .current(let since): (.current, since)
        case .retired(let at): (.retired, at)
        }
      return Key(
        id: key.id.text, algorithm: key.algorithm, publicKey: key.publicKey, phase: phase,
        atUs: at.microseconds)
    }
  }
}
