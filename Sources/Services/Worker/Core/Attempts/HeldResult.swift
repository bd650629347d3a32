public import Domain

/// A result that the owner has not acknowledged: published, and published again, until it has.
public struct HeldResult: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// On its way to the bus. Becomes `published` when it is there, `waiting` when that failed.
    case publishing(tries: Int)
    /// Not on the bus for sure. Becomes `publishing` at `retryAt`.
    case waiting(tries: Int, retryAt: Uptime)
    /// On the bus; the owner has not answered. Becomes `publishing` at `resendAt`.
    case published(times: Int, resendAt: Uptime)
  }

  public enum Event: Hashable, Sendable {
    case published
    case publishFailed
    case timeReached
  }

  public let result: AttemptResult
  public private(set) var phase: Phase

  public init(_ result: AttemptResult) {
    self.result = result
    phase = .publishing(tries: 1)
  }

  public var deadline: Uptime? {
    switch phase {
    case .publishing: nil
    case .waiting(_, let retryAt): retryAt
    case .published(_, let resendAt): resendAt
    }
  }

  /// True when the result is to be published now.
  public mutating func apply(
    _ event: Event, _ limits: WorkerLimits, at now: Uptime
  ) -> Bool {
    switch (phase, event) {
    case (.publishing(let tries), .published):
      phase = .published(
        times: tries, resendAt: now + limits.resend.wait(after: tries, key: key))
      return false
    case (.publishing(let tries), .publishFailed):
      phase = .waiting(
        tries: tries, retryAt: now + limits.publishRetry.wait(after: tries, key: key))
      return false
    case (.waiting(let tries, let due), .timeReached),
      (.published(let tries, let due), .timeReached):
      guard now >= due else { return false }
      phase = .publishing(tries: tries < .max ? tries + 1 : tries)
      return true
    case (.publishing, .timeReached), (.waiting, .published), (.waiting, .publishFailed),
      (.published, .published), (.published, .publishFailed):
      return false
    }
  }

  private var key: String { result.attempt.description }
}
