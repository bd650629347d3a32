/// How often a task is tried, and how long it waits in between.
///
/// The budgets of *failed* (the task's own doing) and *lost* (the worker's) attempts are apart.
/// `attempts` counts all attempts of its kind, the first included.
public struct RetryPolicy: Hashable, Sendable {
  /// How an attempt ended badly.
  public enum Cause: Hashable, Sendable {
    /// Ended by itself with this exit code, or without one (a refused call, a wrong answer).
    case failed(exitCode: Int?)
    case timedOut
    case lost
  }

  /// Which causes a rule is about.
  public enum Trigger: Hashable, Sendable {
    case exit([Int])
    case failed
    case timedOut
    case lost
  }

  /// The first rule whose trigger matches decides.
  public struct Rule: Hashable, Sendable {
    public var trigger: Trigger
    public var attemptsMax: Int

    public init(_ trigger: Trigger, attemptsMax: Int) {
      self.trigger = trigger
      self.attemptsMax = attemptsMax
    }
  }

  /// For failed and timed-out attempts that no rule names.
  public var attemptsMax: Int
  public var backoff: Backoff
  public var rules: [Rule]

  /// What a lost attempt gets when no rule names it: the first and three more.
  public static let lostAttemptsMax = 4
  /// No task is tried more often than this for one cause.
  public static let attemptsLimit = 20

  public init(attemptsMax: Int = 1, backoff: Backoff = Backoff(), rules: [Rule] = []) {
    self.attemptsMax = attemptsMax
    self.backoff = backoff
    self.rules = rules
  }

  /// How many attempts may end with `cause` before the task is given up.
  public func attemptsMax(for cause: Cause) -> Int {
    for rule in rules where rule.trigger.matches(cause) { return rule.attemptsMax }
    return cause == .lost ? RetryPolicy.lostAttemptsMax : attemptsMax
  }
}

extension RetryPolicy.Trigger {
  func matches(_ cause: RetryPolicy.Cause) -> Bool {
    switch (self, cause) {
    case (.exit(let codes), .failed(let code?)): codes.contains(code)
    case (.failed, .failed), (.timedOut, .timedOut), (.lost, .lost): true
    case (.exit, _), (.failed, _), (.timedOut, _), (.lost, _): false
    }
  }
}

/// The wait before the next attempt: grows by a factor up to a cap.
public struct Backoff: Hashable, Sendable {
  public enum Jitter: String, Hashable, Sendable, CaseIterable {
    /// Between nothing and the computed wait.
    case full
    /// Exactly the computed wait.
    case none
  }

  public var initial: Duration
  /// Scaled by 10⁹, at least one.
  public var factor: Decimal
  public var cap: Duration
  public var jitter: Jitter

  public init(
    initial: Duration = .seconds(1), factor: Decimal = Decimal(scaled: 2 * Decimal.scale),
    cap: Duration = .seconds(60), jitter: Jitter = .full
  ) {
    self.initial = initial
    self.factor = factor
    self.cap = cap
    self.jitter = jitter
  }

  /// The wait after the `failures`-th bad end in a row, from 1.
  ///
  /// Jitter is a stable hash of `key` and `failures`, so that a decision made twice is the same.
  public func wait(after failures: Int, key: String) -> Duration {
    let capped = max(cap.wholeMicroseconds, 0)
    var wait = min(max(initial.wholeMicroseconds, 0), capped)
    var step = 1
    while step < failures, wait < capped {
      let grown = Backoff.product(of: wait, factor).map { min($0, capped) } ?? capped
      guard grown > wait else { break }
      wait = grown
      step += 1
    }
    guard jitter == .full, wait > 0 else { return .microseconds(wait) }
    var hash = StableHash()
    hash.combine(key)
    hash.combine(UInt64(clamping: failures))
    return .microseconds(Int64(hash.value % (UInt64(wait) + 1)))
  }

  /// In microseconds, rounded up so that the shortest wait grows too; nil when it does not fit.
  private static func product(of microseconds: Int64, _ factor: Decimal) -> Int64? {
    Number(microseconds).multiplied(by: Number(factor))?.ceiling?.whole
  }
}
