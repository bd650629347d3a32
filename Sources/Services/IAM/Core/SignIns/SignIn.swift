public import Domain

/// One signing in and its chain of refresh tokens: each is good for one use and for one successor.
///
/// A token that is shown again after its time betrays a copy, whoever shows it: the whole chain
/// ends (RFC 9700 §4.14). For a short while it gives the same successor instead, since an answer
/// may have been lost on its way.
public struct SignIn: Hashable, Sendable {
  public struct Limits: Hashable, Sendable {
    /// Without a refresh for this long it is over.
    public var idleMax: Duration = .seconds(7 * 24 * 3_600)
    public var lifeMax: Duration = .seconds(30 * 24 * 3_600)
    /// How long a spent token still gives the same successor.
    public var retryWithin: Duration = .seconds(10)
    /// How long an end is remembered, so that late copies are recognised.
    public var keptFor: Duration = .seconds(24 * 3_600)

    public init() {}
  }

  public enum End: String, Hashable, Sendable, CaseIterable {
    case signedOut = "signed-out"
    /// By an administrator, or with everything else of the user.
    case revoked
    /// A spent token was shown: somebody has a copy.
    case reused
    case expired
  }

  public enum Phase: Hashable, Sendable {
    /// The token of this generation is good. Becomes the next one when it is shown, `ended` in
    /// every other way.
    case live(generation: Int, rotatedAt: Moment)
    /// Final.
    case ended(End, at: Moment)
  }

  public enum Event: Hashable, Sendable {
    /// A token of this chain was shown.
    case presented(generation: Int)
    case signedOut
    case revoked
    case timeReached
  }

  public enum Effect: Hashable, Sendable {
    /// Durable: the next token comes to be.
    case issue(generation: Int)
    /// The answer from before is given again.
    case repeated(generation: Int)
    /// Durable: everything that followed from this sign-in is void.
    case end(End)
    case refuse(End)
    /// Durable: nothing of it needs to be remembered.
    case forget
  }

  public private(set) var phase: Phase
  public let startedAt: Moment
  public let limits: Limits

  /// A new one, whose first token has generation 0.
  public init(startedAt: Moment, limits: Limits) {
    self.init(.live(generation: 0, rotatedAt: startedAt), startedAt: startedAt, limits: limits)
  }

  public init(_ phase: Phase, startedAt: Moment, limits: Limits) {
    self.phase = phase
    self.startedAt = startedAt
    self.limits = limits
  }

  public var isLive: Bool {
    switch phase {
    case .live: true
    case .ended: false
    }
  }

  public var deadline: Moment {
    switch phase {
    case .live(_, let rotatedAt): min(startedAt + limits.lifeMax, rotatedAt + limits.idleMax)
    case .ended(_, let at): at + limits.keptFor
    }
  }

  public mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
    switch (phase, event) {
    case (.live(let current, let rotatedAt), .presented(let generation)):
      return present(generation, current: current, rotatedAt: rotatedAt, at: now)
    case (.live, .signedOut):
      return end(.signedOut, at: now)
    case (.live, .revoked):
      return end(.revoked, at: now)
    case (.live, .timeReached):
      return now >= deadline ? end(.expired, at: now) : []
    case (.ended(let end, _), .presented):
      return [.refuse(end)]
    case (.ended, .timeReached):
      return now >= deadline ? [.forget] : []
    case (.ended, .signedOut), (.ended, .revoked):
      return []
    }
  }

  private mutating func present(
    _ generation: Int, current: Int, rotatedAt: Moment, at now: Moment
  ) -> [Effect] {
    if now >= deadline { return end(.expired, at: now) + [.refuse(.expired)] }
    if generation == current {
      phase = .live(generation: current + 1, rotatedAt: max(now, rotatedAt))
      return [.issue(generation: current + 1)]
    }
    if generation == current - 1, now <= rotatedAt + limits.retryWithin {
      return [.repeated(generation: current)]
    }
    return end(.reused, at: now) + [.refuse(.reused)]
  }

  private mutating func end(_ end: End, at now: Moment) -> [Effect] {
    phase = .ended(end, at: now)
    return [.end(end)]
  }
}
