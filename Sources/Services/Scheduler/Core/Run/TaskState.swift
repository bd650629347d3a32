public import Domain

/// Who runs an attempt: known from its lease, never stored with the task.
public struct Claim: Hashable, Sendable {
  public var session: SessionID
  public var worker: String
  public var at: Moment

  public init(session: SessionID, worker: String, at: Moment) {
    self.session = session
    self.worker = worker
    self.at = at
  }
}

/// Why an attempt must not start, or must stop.
public enum StopCause: String, Hashable, Sendable, CaseIterable {
  case cancelled, killed, queueTimeout, totalTimeout, runTimeout
  /// A person has decided how the task ends.
  case overridden
  /// The run is paused: an attempt that nobody has claimed is taken back; the task goes on later.
  case paused
}

/// How a task ends because a person says so.
public struct TaskOverride: Hashable, Sendable {
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    case succeeded, failed, skipped

    var outcome: TaskOutcome {
      switch self {
      case .succeeded: .succeeded
      case .failed: .failed
      case .skipped: .skipped
      }
    }
  }

  public var outcome: Outcome
  /// Of a success: exactly what the task declares.
  public var outputs: SortedMap<String, Value>
  /// Who decided it and why.
  public var reason: Reason

  public init(_ outcome: Outcome, outputs: SortedMap<String, Value> = [:], reason: Reason) {
    self.outcome = outcome
    self.outputs = outputs
    self.reason = reason
  }
}

/// An attempt that workers may claim or have claimed.
public struct Offer: Hashable, Sendable {
  public var at: Moment
  /// When the owner looks whether it was claimed, and publishes the hint again if not.
  public var nextCheck: Moment
  public var checks: Int
  public var claim: Claim?

  static let firstCheck: Duration = .seconds(2)
  static let checkCap: Duration = .seconds(60)

  public init(at: Moment) {
    self.at = at
    nextCheck = at + Offer.firstCheck
    checks = 0
    claim = nil
  }

  /// Doubles from two seconds to a minute.
  mutating func countCheck(at now: Moment) {
    checks += 1
    let wait = min(Offer.firstCheck * (1 << min(checks, 5)), Offer.checkCap)
    nextCheck = now + wait
  }
}

/// Where a task stands.
public enum TaskPhase: Hashable, Sendable {
  /// Its needs are not decided. Becomes `ready`, `expanding` or `ended(.skipped)` when they are,
  /// `ended(.cancelled)` when the run stops. Not stored: the absence of a row means it.
  case waiting
  /// A `forEach` task whose instances are under way. Becomes `ended` when the last of them has.
  case expanding
  /// Wants a worker and waits for room in its pool's window. Becomes `offered` when there is,
  /// `ended` when it may wait no longer or the run stops.
  case ready(since: Moment)
  /// May be claimed, or is running when it has a claim. Becomes `ended` or `backoff` by its result,
  /// `withdrawing` when it must not start any more, `stopping` when it must stop.
  case offered(Offer)
  /// Not claimable any more; the lease tells whether it was claimed before. Becomes `ended` if not,
  /// or `ready` in a run that is paused; `stopping` or again `offered` if so.
  case withdrawing(StopCause, since: Moment)
  /// Its worker was asked to stop it. Becomes `ended` with the attempt's result.
  case stopping(StopCause, Claim)
  /// Waits before the next attempt. Becomes `ready` at `until`, `ended` when the run stops.
  case backoff(until: Moment)
  /// Final.
  case ended(TaskOutcome)

  public var isEnded: Bool { outcome != nil }

  public var outcome: TaskOutcome? {
    if case .ended(let outcome) = self { outcome } else { nil }
  }

  /// Since when it wants a worker and none is known to have claimed it; nil when it wants none.
  var waitsSince: Moment? {
    switch self {
    case .ready(let since): since
    case .offered(let offer): offer.claim == nil ? offer.at : nil
    case .waiting, .expanding, .withdrawing, .stopping, .backoff, .ended: nil
    }
  }

  /// Whether it takes room in its pool's window.
  public var isInFlight: Bool {
    switch self {
    case .offered, .withdrawing, .stopping: true
    case .waiting, .expanding, .ready, .backoff, .ended: false
    }
  }
}

/// One attempt as the scheduler remembers it.
public struct AttemptState: Hashable, Sendable {
  public enum End: String, Hashable, Sendable, CaseIterable {
    case succeeded, failed, timedOut, stopped, lost, withdrawn
  }

  public var fence: Fence
  public var offeredAt: Moment
  public var worker: String
  public var startedAt: Moment?
  public var endedAt: Moment?
  public var end: End?
  public var exitCode: Int?
  public var reason: Reason?
  /// Lines that its log has, once it has ended; nil when nobody knows.
  public var logLines: Int64?
  /// What it has used; nil when nobody measured it.
  public var usage: ResourceUsage?

  public init(fence: Fence, offeredAt: Moment) {
    self.fence = fence
    self.offeredAt = offeredAt
    worker = ""
  }
}

/// One task of a run.
public struct TaskState: Hashable, Sendable {
  public var phase: TaskPhase = .waiting
  /// Of the newest attempt; 0 before the first.
  public var fence = Fence(0)
  /// When it first wanted a worker: where the total time-out counts from.
  public var firstReadyAt: Moment?
  /// Attempts that failed or timed out, and attempts that were lost: two budgets.
  public var failures = 0
  public var losses = 0
  /// Newest last. Emptied when a final state has been taken to the store.
  public var attempts: [AttemptState] = []
  public var outputs: SortedMap<String, Value> = [:]
  /// What a person has decided; takes effect once no attempt runs any more.
  public var override: TaskOverride?
  /// The run in which it ran, when a rerun took it over: that run keeps its files.
  public var keptFrom: RunID?
  /// Of a final state or of a wait that is not derived.
  public var reason: Reason?
  public var revision: Int64 = 0
  /// The version of the stored row; zero while there is none.
  public var stamp: UInt64 = 0

  public init() {}

  /// Whether its dependants may start all the same: a person said that it is not needed.
  var isSkippedByHand: Bool {
    phase == .ended(.skipped) && override?.outcome == .skipped
  }

  mutating func modify(_ body: (inout TaskState) -> Void) {
    body(&self)
  }
}
