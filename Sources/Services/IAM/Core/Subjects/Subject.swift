public import Domain

/// Somebody who can hold roles: a user or a service account.
///
/// Its epoch grows with everything that must reach those who believe in older access tokens: a
/// token of an earlier epoch is void.
public struct Subject: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Becomes `disabled` when told so.
    case active
    /// Cannot do anything. Becomes `active` when told so.
    case disabled
  }

  public enum Event: Hashable, Sendable {
    case granted(Role, GrantPlace)
    case withdrawn(GrantPlace)
    case disabled
    case enabled
    /// Its password is another one now.
    case secretChanged
  }

  public enum Refusal: Hashable, Sendable, CaseIterable {
    case tooManyNamespaces
  }

  public enum Effect: Hashable, Sendable {
    /// Durable: access tokens of epochs before this one are void.
    case void(before: Int64)
    /// Durable: every sign-in of it ends.
    case endSignIns
    /// Durable: it is one of those who administer the installation from now on, or no more.
    case joinAdministrators
    case leaveAdministrators
    case refuse(Refusal)
  }

  public private(set) var phase: Phase
  public private(set) var grants: RoleGrants
  public private(set) var epoch: Int64

  public init(_ phase: Phase = .active, grants: RoleGrants = RoleGrants(), epoch: Int64 = 1) {
    self.phase = phase
    self.grants = grants
    self.epoch = epoch
  }

  /// Whether it can administer the installation now.
  public var isAdministrator: Bool { phase == .active && grants.installation == .admin }

  public mutating func apply(_ event: Event) -> [Effect] {
    let before = self
    switch (phase, event) {
    case (_, .granted(let role, let place)):
      guard grants[place] != role else { return [] }
      if case .namespace(let name) = place, grants.namespaces[name] == nil,
        grants.namespaces.count >= RoleGrants.namespacesMax
      {
        return [.refuse(.tooManyNamespaces)]
      }
      grants[place] = role
    case (_, .withdrawn(let place)):
      guard grants[place] != nil else { return [] }
      grants[place] = nil
    case (.active, .disabled):
      phase = .disabled
    case (.disabled, .enabled):
      phase = .active
    case (_, .secretChanged):
      break
    case (.disabled, .disabled), (.active, .enabled):
      return []
    }
    return effects(of: event, since: before)
  }

  private mutating func effects(of event: Event, since before: Subject) -> [Effect] {
    epoch = before.epoch.addingSaturated(1)
    var effects: [Effect] = [.void(before: epoch)]
    switch event {
    case .disabled, .secretChanged: effects.append(.endSignIns)
    case .granted, .withdrawn, .enabled: break
    }
    if isAdministrator != before.isAdministrator {
      effects.append(isAdministrator ? .joinAdministrators : .leaveAdministrators)
    }
    return effects
  }
}
