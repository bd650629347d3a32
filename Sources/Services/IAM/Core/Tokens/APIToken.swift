public import Domain

/// A token for programs: of a user or a service account, for a time, for part of what its owner may
/// do at that moment.
public struct APIToken: Hashable, Sendable {
  public struct Limits: Hashable, Sendable {
    public var lifeDefault: Duration = .seconds(90 * 24 * 3_600)
    public var lifeMax: Duration = .seconds(366 * 24 * 3_600)
    /// How exactly its last use is known.
    public var useNotedEvery: Duration = .seconds(60)
    /// How long it stays in lists after its end.
    public var keptFor: Duration = .seconds(30 * 24 * 3_600)

    public init() {}
  }

  public enum Phase: Hashable, Sendable {
    /// Good until it expires. Becomes `ended` when withdrawn or expired.
    case live
    /// Final.
    case ended(at: Moment)
  }

  public enum Event: Hashable, Sendable {
    /// Somebody showed it.
    case presented
    case withdrawn
    case timeReached
  }

  public enum Effect: Hashable, Sendable {
    case accept
    case refuse
    /// Its use is worth a write; may be lost.
    case noteUse
    /// Durable: nothing of it needs to be remembered.
    case forget
  }

  public private(set) var phase: Phase
  public let expiresAt: Moment
  public private(set) var lastUsedAt: Moment?
  public let limits: Limits

  public init(
    _ phase: Phase = .live, expiresAt: Moment, lastUsedAt: Moment? = nil, limits: Limits
  ) {
    self.phase = phase
    self.expiresAt = expiresAt
    self.lastUsedAt = lastUsedAt
    self.limits = limits
  }

  public var deadline: Moment {
    switch phase {
    case .live: expiresAt
    case .ended(let at): at + limits.keptFor
    }
  }

  public mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
    switch (phase, event) {
    case (.live, .presented):
      guard now < expiresAt else { return [.refuse] }
      if let lastUsedAt, now < lastUsedAt + limits.useNotedEvery { return [.accept] }
      lastUsedAt = now
      return [.accept, .noteUse]
    case (.live, .withdrawn):
      phase = .ended(at: now)
      return []
    case (.live, .timeReached):
      if now >= deadline { phase = .ended(at: expiresAt) }
      return []
    case (.ended, .presented):
      return [.refuse]
    case (.ended, .timeReached):
      return now >= deadline ? [.forget] : []
    case (.ended, .withdrawn):
      return []
    }
  }
}

/// What somebody may do where, as single permissions.
public struct Reach: Hashable, Sendable {
  public var installation: SortedSet<Permission>
  public var namespaces: SortedMap<NamespaceName, SortedSet<Permission>>

  /// Everything that the roles hold.
  public init(_ grants: RoleGrants) {
    installation = grants.installation?.permissions ?? []
    namespaces = grants.namespaces.mapValues(\.permissions)
  }

  /// The part of it that a token was made for. What its owner has lost meanwhile, it has lost.
  ///
  /// - Parameters:
  ///   - scopes: nil means every permission.
  ///   - namespace: nil means every place.
  public func limited(to scopes: SortedSet<Permission>?, in namespace: NamespaceName?) -> Reach {
    func part(_ permissions: SortedSet<Permission>) -> SortedSet<Permission> {
      guard let scopes else { return permissions }
      return SortedSet(permissions.filter { scopes.contains($0) })
    }
    var reach = self
    if let namespace {
      let held = Array(installation) + Array(namespaces[namespace] ?? [])
      reach.installation = []
      reach.namespaces = held.isEmpty ? [:] : [namespace: part(SortedSet(held))]
    } else {
      reach.installation = part(installation)
      reach.namespaces = namespaces.mapValues(part)
    }
    return reach
  }
}
