internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import Wire

/// A record of an input topic, understood.
enum OwnerInput {
  case started(WorkflowStarted, RunID)
  case ended(AttemptID, AttemptReport)
  case command(RunCommand, RunID)
  /// It cannot be understood, now or ever.
  case broken(String)

  init(_ delivery: BusDelivery) {
    let value = delivery.record.value
    do {
      switch delivery.place.topic {
      case SchedulerTopics.started:
        let message = try WorkflowStarted(decoding: value)
        guard let run = RunID(text: message.run), NamespaceName(message.namespace) != nil,
          WorkflowName(message.workflow) != nil
        else { throw WireError.malformed("names") }
        self = .started(message, run)
      case SchedulerTopics.commands:
        let message = try RunCommand(decoding: value)
        guard let run = RunID(text: message.run), !message.command.isEmpty else {
          throw WireError.malformed("run or command id")
        }
        // Also a kind that only a later version knows: a person must hear that it had no effect.
        guard message.event != nil else { throw WireError.malformed("kind of command") }
        self = .command(message, run)
      default:
        let message = try AttemptEnded(decoding: value)
        guard let attempt = AttemptID(text: message.attempt), let report = AttemptReport(message)
        else { throw WireError.malformed("attempt or result") }
        self = .ended(attempt, report)
      }
    } catch {
      self = .broken("\(error)")
    }
  }

  var run: RunID? {
    switch self {
    case .started(_, let run), .command(_, let run): run
    case .ended(let attempt, _): attempt.run
    case .broken: nil
    }
  }
}

extension RunCommand {
  /// The event of a command; nil for kinds that this version does not know.
  var event: RunEvent? {
    let why = reason.isEmpty ? "by \(principal)" : "by \(principal): \(reason)"
    let since = Moment(microseconds: askedAtUs)
    switch kind {
    case .cancel:
      return .cancelled(
        command: command, Reason(code: "cancelled", message: "cancelled \(why)", since: since))
    case .kill:
      return .killed(
        command: command, Reason(code: "killed", message: "killed \(why)", since: since))
    case .pause:
      return .paused(
        command: command, Reason(code: "run-paused", message: "paused \(why)", since: since))
    case .resume:
      return .resumed(command: command)
    case .override:
      guard let key = TaskKey(text: task), let outcome = TaskOverride.Outcome(rawValue: outcome),
        let outputs = SortedMap<String, Value>(outputs)
      else { return nil }
      let reason = Reason(
        code: "set-by-hand", message: "\(outcome.rawValue) by hand \(why)", since: since,
        blockers: [principal])
      return .overridden(
        command: command, key, TaskOverride(outcome, outputs: outputs, reason: reason))
    case .unspecified, .unrecognized:
      return nil
    }
  }
}
