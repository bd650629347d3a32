public import Domain

/// How often somebody may try: one account, existing or not, or one source of requests.
///
/// An attempt counts as failed from its beginning and until its success is told, so that many at
/// once are no way around. Delays grow and end: nobody can lock somebody else out for good.
public struct LoginThrottle: Hashable, Sendable {
  public struct Limits: Hashable, Sendable {
    /// Failures without any delay.
    public var failuresFree: Int
    /// After the first one that is not free; doubles with each that follows.
    public var delayFirst: Duration
    public var delayMax: Duration
    /// From this many failures on the delay is `delayHard` (NIST SP 800-63B-4 §3.2.2).
    public var failuresHard = 100
    public var delayHard: Duration = .seconds(3_600)
    /// Without an attempt for this long everything is forgotten.
    public var forgetAfter: Duration = .seconds(24 * 3_600)
    /// How far the clocks of two processes may differ.
    public var skewMax: Duration = .seconds(60)

    public init(failuresFree: Int, delayFirst: Duration, delayMax: Duration) {
      self.failuresFree = failuresFree
      self.delayFirst = delayFirst
      self.delayMax = delayMax
    }

    /// For one account.
    public static let account = Limits(
      failuresFree: 5, delayFirst: .seconds(1), delayMax: .seconds(900))
    /// For one address: many people may share it.
    public static let source = Limits(
      failuresFree: 50, delayFirst: .seconds(1), delayMax: .seconds(60))
  }

  public enum Phase: Hashable, Sendable {
    /// Nothing is known. Becomes `counting` with an attempt.
    case calm
    /// So many attempts have not succeeded. Becomes `calm` with a success, or when forgotten.
    case counting(failures: Int, last: Moment)
  }

  public enum Event: Hashable, Sendable {
    case attempted
    case succeeded
    /// The last attempt was none after all: nobody looked at it, or it does not tell against this
    /// one.
    case returned
    case timeReached
  }

  public enum Effect: Hashable, Sendable {
    case allow
    case refuse(until: Moment)
  }

  public private(set) var phase: Phase
  public let limits: Limits

  public init(_ phase: Phase = .calm, limits: Limits) {
    self.phase = phase
    self.limits = limits
  }

  /// When everything may be forgotten.
  public var deadline: Moment? {
    switch phase {
    case .calm: nil
    case .counting(_, let last): last + limits.forgetAfter
    }
  }

  public mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
    switch (phase, event) {
    case (.calm, .attempted):
      phase = .counting(failures: 1, last: now)
      return [.allow]
    case (.counting(let failures, let last), .attempted):
      if let deadline, now >= deadline {
        phase = .counting(failures: 1, last: now)
        return [.allow]
      }
      let until = trusted(last, at: now) + delay(after: failures)
      guard now >= until else { return [.refuse(until: until)] }
      phase = .counting(failures: min(failures, 1_000_000) + 1, last: now)
      return [.allow]
    case (.counting, .succeeded):
      phase = .calm
      return []
    case (.counting, .timeReached):
      if let deadline, now >= deadline { phase = .calm }
      return []
    case (.counting(let failures, let last), .returned):
      phase = failures > 1 ? .counting(failures: failures - 1, last: last) : .calm
      return []
    case (.calm, .succeeded), (.calm, .returned), (.calm, .timeReached):
      return []
    }
  }

  /// A time that lies further ahead than clocks may differ is a clock that was wrong then.
  private func trusted(_ last: Moment, at now: Moment) -> Moment {
    last > now + limits.skewMax ? now - limits.delayHard : last
  }

  private func delay(after failures: Int) -> Duration {
    if failures >= limits.failuresHard { return limits.delayHard }
    let beyond = failures - limits.failuresFree
    if beyond < 0 { return .zero }
    if beyond > 30 { return limits.delayMax }
    return min(limits.delayFirst * (1 << beyond), limits.delayMax)
  }
}
