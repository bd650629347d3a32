internal import Contracts
internal import Domain
internal import SchedulerCore

extension AttemptReport {
  /// Nil when the message says something that this version does not know.
  init?(_ message: AttemptEnded) {
    let result: Result
    switch message.result {
    case .succeeded:
      guard let outputs = SortedMap<String, Value>(message.outputs) else { return nil }
      result = .succeeded(outputs: outputs, exitCode: message.exitCode.map(Int.init))
    case .failed: result = .failed(exitCode: message.exitCode.map(Int.init))
    case .timedOut: result = .timedOut
    case .stopped: result = .stopped
    case .lost: result = .lost
    case .unspecified, .unrecognized: return nil
    }
    self.init(
      result, worker: message.worker,
      startedAt: message.startedAtUs == 0 ? nil : Moment(microseconds: message.startedAtUs),
      endedAt: Moment(microseconds: message.endedAtUs),
      reason: message.reason.flatMap(Reason.init), logLines: message.logLines.map { max($0, 0) })
    usage = message.usage.map { ResourceUsage($0) }
  }
}

extension AttemptEnded {
  /// That nobody runs an attempt any more: its session is over, or disowned it.
  init(lost attempt: AttemptID, session: String, worker: String, reason: Reason) {
    self.init(
      attempt: attempt.description, session: session, worker: worker, result: .lost,
      reason: ReasonMessage(reason), endedAtUs: reason.since.microseconds)
  }
}
