public import Domain

/// How long an attempt may run and be silent; nil means without limit.
public struct AttemptLimits: Hashable, Sendable {
  public var attempt: Duration?
  public var silence: Duration?
  /// Between asking and killing.
  public var grace: Duration

  public init(attempt: Duration? = nil, silence: Duration? = nil, grace: Duration = .seconds(10)) {
    self.attempt = attempt
    self.silence = silence
    self.grace = grace
  }
}

/// An attempt that is this worker's and whose execution is not over: from the claim to the end of
/// its last process.
public struct HeldAttempt: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Handed to the executor, which has not said yet that it runs. Becomes `running` when started,
    /// `unwanted` when it shall stop before.
    case starting
    /// To be stopped as soon as it has started. Becomes `stopping` or `killing` when started.
    case unwanted(StopCause, StopForce)
    /// Becomes `stopping` when asked to stop, too long or too silent; `killing` when asked to kill.
    case running(lastSign: Uptime)
    /// Asked to end. Becomes `killing` at `killAt` or when asked to kill.
    case stopping(StopCause, killAt: Uptime)
    /// Told to end at once; told again at `againAt`, until it has ended.
    case killing(StopCause, againAt: Uptime)
  }

  public enum Event: Hashable, Sendable {
    case started
    case printed
    case stopAsked(StopCause, StopForce)
    case timeReached
  }

  public enum Effect: Hashable, Sendable {
    case terminate
    case kill
  }

  public private(set) var phase: Phase
  public let limits: AttemptLimits
  public let grantedAt: Uptime
  private let killAgainAfter: Duration

  public init(limits: AttemptLimits, killAgainAfter: Duration, at now: Uptime) {
    phase = .starting
    self.limits = limits
    grantedAt = now
    self.killAgainAfter = killAgainAfter
  }

  public var deadline: Uptime? {
    switch phase {
    case .starting: endOfTime
    case .unwanted: nil
    case .running(let lastSign):
      limits.silence.map { silence in min(lastSign + silence, endOfTime ?? .distantFuture) }
        ?? endOfTime
    case .stopping(_, let killAt): killAt
    case .killing(_, let againAt): againAt
    }
  }

  /// Why it is being stopped; nil while it is not.
  public var cause: StopCause? {
    switch phase {
    case .starting, .running: nil
    case .unwanted(let cause, _), .stopping(let cause, _), .killing(let cause, _): cause
    }
  }

  public mutating func apply(_ event: Event, at now: Uptime) -> [Effect] {
    switch (phase, event) {
    case (.starting, .started):
      phase = .running(lastSign: now)
      return []
    case (.starting, .stopAsked(let cause, let force)):
      phase = .unwanted(cause, force)
      return []
    case (.starting, .timeReached):
      if let endOfTime, now >= endOfTime { phase = .unwanted(.ranTooLong, .terminate) }
      return []
    case (.unwanted(let cause, let force), .started):
      return stop(for: cause, force, at: now)
    case (.unwanted(let cause, let force), .stopAsked(let later, let laterForce)):
      phase = .unwanted(cause.joined(by: later), force == .kill ? .kill : laterForce)
      return []
    case (.running, .printed):
      phase = .running(lastSign: now)
      return []
    case (.running, .stopAsked(let cause, let force)):
      return stop(for: cause, force, at: now)
    case (.running(let lastSign), .timeReached):
      if let endOfTime, now >= endOfTime { return stop(for: .ranTooLong, .terminate, at: now) }
      guard let silence = limits.silence, now >= lastSign + silence else { return [] }
      return stop(for: .wasSilent, .terminate, at: now)
    case (.stopping(let cause, let killAt), .stopAsked(let later, .terminate)):
      phase = .stopping(cause.joined(by: later), killAt: killAt)
      return []
    case (.stopping(let cause, _), .stopAsked(let later, .kill)):
      return stop(for: cause.joined(by: later), .kill, at: now)
    case (.stopping(let cause, let killAt), .timeReached):
      return now >= killAt ? stop(for: cause, .kill, at: now) : []
    case (.killing(let cause, let againAt), .stopAsked(let later, _)):
      phase = .killing(cause.joined(by: later), againAt: againAt)
      return []
    case (.killing(let cause, let againAt), .timeReached):
      return now >= againAt ? stop(for: cause, .kill, at: now) : []
    case (.starting, .printed), (.unwanted, .printed), (.unwanted, .timeReached),
      (.running, .started), (.stopping, .started), (.stopping, .printed), (.killing, .started),
      (.killing, .printed):
      return []
    }
  }

  /// The last word about the attempt; nil when nobody waits for one.
  func verdict(on execution: EndedExecution) -> AttemptResult.Verdict? {
    guard cause != .sessionOver else { return nil }
    switch execution.ending {
    // It ended by itself before the stop reached it: that is what happened.
    case .succeeded(let outputs, let exitCode):
      return .succeeded(outputs: outputs, exitCode: exitCode)
    case .failed(let exitCode, let reason): return .failed(exitCode: exitCode, reason)
    case .unknown(let reason), .notStarted(let reason): return .lost(reason)
    case .stopped(let reason):
      // Nobody here asked for it, so it cannot be said to have failed.
      guard let cause else { return .lost(reason) }
      return cause.verdict(limits, at: execution.endedAt)
    }
  }

  private var endOfTime: Uptime? { limits.attempt.map { grantedAt + $0 } }

  private mutating func stop(
    for cause: StopCause, _ force: StopForce, at now: Uptime
  ) -> [Effect] {
    switch force {
    case .terminate:
      phase = .stopping(cause, killAt: now + limits.grace)
      return [.terminate]
    case .kill:
      phase = .killing(cause, againAt: now + killAgainAfter)
      return [.kill]
    }
  }
}
