internal import Domain

/// Why the worker stops an attempt that has not ended by itself.
public enum StopCause: Hashable, Sendable {
  /// The scheduler asked for it, and said why.
  case asked(String)
  /// It ran longer than one attempt may.
  case ranTooLong
  /// It printed nothing for longer than it may.
  case wasSilent
  /// The worker drains and has waited long enough.
  case drained
  /// Its session is over: the attempt is lost already, and what it does now counts for nobody.
  case sessionOver
}

/// How hard to stop.
public enum StopForce: Hashable, Sendable {
  /// Ask, and kill after the grace.
  case terminate
  case kill
}

extension StopCause {
  /// The cause that stays when two meet: the first one, except that the end of the session
  /// overrules all.
  func joined(by later: StopCause) -> StopCause {
    later == .sessionOver ? later : self
  }

  /// What an attempt that was stopped for this cause is reported as; nil when it is not reported.
  func verdict(_ limits: AttemptLimits, at moment: Moment) -> AttemptResult.Verdict? {
    switch self {
    case .asked(let why):
      .stopped(Reason(code: "stopped", message: why, since: moment))
    case .ranTooLong:
      .timedOut(
        Reason(
          code: "attempt-timeout",
          message: "ran longer than \(text(limits.attempt)); raise timeout.attempt if it may",
          since: moment))
    case .wasSilent:
      .timedOut(
        Reason(
          code: "heartbeat-timeout",
          message: "printed nothing for \(text(limits.silence)); raise timeout.heartbeat if it may",
          since: moment))
    case .drained:
      .lost(
        Reason(
          code: "worker-drained", message: "its worker was shut down before it had ended",
          since: moment))
    case .sessionOver: nil
    }
  }

  private func text(_ length: Duration?) -> String {
    guard let microseconds = length?.wholeMicroseconds else { return "allowed" }
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return rest == 0 ? "\(seconds) s" : "\(microseconds / 1_000) ms"
  }
}
