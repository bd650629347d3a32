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
  /// A run, of whatever partition, wants a permit of a limit of this one, or no more.
  case limit(LimitKey, LimitMachine.Event)
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
      case SchedulerTopics.limits:
        let message = try LimitRequest(decoding: value)
        guard let limit = LimitKey(text: message.limit), let event = message.event else {
          throw WireError.malformed("limit, run or kind of request")
        }
        self = .limit(limit, event)
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
    case .limit, .broken: nil
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
    case .grantPermit:
      return LimitKey(text: limit).map { .permitGranted($0) }
    case .refusePermit:
      return refusal(since: since)
    case .supersede:
      guard let by = RunID(text: by), let limit = LimitKey(text: limit) else { return nil }
      return .cancelled(command: command, LimitRefusal(.superseded, by: by).reason(limit, since))
    case .unspecified, .unrecognized:
      return nil
    }
  }

  private func refusal(since: Moment) -> RunEvent? {
    guard let limit = LimitKey(text: limit), let kind = LimitRefusal.Kind(rawValue: outcome),
      let by = RunID(text: by)
    else { return nil }
    return .permitRefused(
      limit, isSkip: kind == .skipped, LimitRefusal(kind, by: by).reason(limit, since))
  }
}

extension LimitRequest {
  /// The event of a request; nil when it cannot be understood.
  var event: LimitMachine.Event? {
    guard let run = RunID(text: run) else { return nil }
    switch kind {
    case .ask:
      guard let onLimit = ConcurrencyRule.OnLimit(rawValue: onLimit), size > 0 else { return nil }
      return .asked(LimitClaim(run, size: Int(size), onLimit: onLimit))
    case .giveBack:
      return .gaveBack(run)
    case .unspecified, .unrecognized:
      return nil
    }
  }
}

extension LimitRefusal {
  func reason(_ limit: LimitKey, _ since: Moment) -> Reason {
    let (code, message) =
      switch kind {
      case .taken: ("concurrency-limit", "concurrency key '\(limit.key)' is taken by \(by)")
      case .skipped:
        ("concurrency-limit", "not needed: concurrency key '\(limit.key)' is taken by \(by)")
      case .superseded:
        ("superseded", "\(by) with the same concurrency key '\(limit.key)' came later")
      }
    return Reason(code: code, message: message, since: since, blockers: [by.text])
  }
}
