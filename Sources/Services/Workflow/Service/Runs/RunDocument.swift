internal import Contracts
internal import Domain
internal import ServiceKit

/// Runs and tasks as the API shows them.
enum RunDocument {
  /// States that a run does not leave.
  static let finalStates = ["succeeded", "failed", "cancelled", "timedOut", "quarantined"]

  static func isFinal(_ document: Value) -> Bool {
    guard case .string(let state)? = document["state"] else { return false }
    return finalStates.contains(state)
  }

  /// A run that the scheduler has not taken in yet.
  static func queued(_ request: RunRequestRecord, at now: Moment) -> Value {
    let created = Moment(microseconds: request.createdAtUs)
    return .record([
      ("id", .string(request.run)), ("namespace", .string(request.namespace)),
      ("workflow", .string(request.workflow)), ("version", .string(request.version)),
      ("state", .string("queued")),
      (
        "reason",
        .reason(
          Reason(
            code: "not-taken-in", message: "the scheduler has not taken the run in yet",
            since: created))
      ),
      ("labels", .labels(request.labels)), ("inputs", values(request.inputs)),
      ("priority", priority(request.priority)), ("createdAt", .time(created)),
      ("rerunOf", .text(request.rerun?.run)),
    ])
  }

  static func of(_ view: RunView) -> Value {
    .record([
      ("id", .string(view.run)), ("namespace", .string(view.namespace)),
      ("workflow", .string(view.workflow)), ("version", .string(view.version)),
      ("state", .string(view.state)), ("reason", .reason(view.reason.flatMap(Reason.init))),
      ("labels", .labels(view.labels)), ("inputs", values(view.inputs)),
      ("priority", priority(view.priority)),
      ("createdAt", .time(Moment(microseconds: view.createdAtUs))),
      ("startedAt", .time(view.startedAtUs.map(Moment.init(microseconds:)))),
      ("endedAt", .time(view.endedAtUs.map(Moment.init(microseconds:)))),
      ("tasks", .object(view.counts.mapValues(Value.integer))),
      ("rerunOf", .text(view.rerunOf.isEmpty ? nil : view.rerunOf)),
    ])
  }

  private static func priority(_ word: String) -> Value {
    .string(word.isEmpty ? Priority.normal.rawValue : word)
  }

  static func of(_ task: TaskView) -> Value {
    .record([
      ("task", .string(task.task)), ("state", .string(task.state)),
      ("reason", .reason(task.reason.flatMap(Reason.init))),
      ("needs", task.needs.isEmpty ? .null : .array(task.needs.map(Value.string))),
      ("finally", task.isFinally ? .boolean(true) : .null),
      ("items", task.itemCount.map(Value.integer) ?? .null),
      ("attempts", task.attempts.isEmpty ? .null : .array(task.attempts.map(of))),
      ("outputs", task.outputs.isEmpty ? .null : values(task.outputs)),
    ])
  }

  private static func of(_ attempt: AttemptView) -> Value {
    .record([
      ("attempt", .integer(attempt.fence)), ("state", .string(attempt.state)),
      ("worker", .text(attempt.worker.isEmpty ? nil : attempt.worker)),
      ("queuedAt", .time(attempt.queuedAtUs.map(Moment.init(microseconds:)))),
      ("startedAt", .time(attempt.startedAtUs.map(Moment.init(microseconds:)))),
      ("endedAt", .time(attempt.endedAtUs.map(Moment.init(microseconds:)))),
      ("exitCode", attempt.exitCode.map { .integer(Int64($0)) } ?? .null),
      ("reason", .reason(attempt.reason.flatMap(Reason.init))),
      ("processorTime", attempt.usage.map { .integer($0.processorUs / 1_000) } ?? .null),
      ("memoryPeak", attempt.usage.map { .integer($0.memoryPeakBytes) } ?? .null),
    ])
  }

  private static func values(_ messages: SortedMap<String, ValueMessage>) -> Value {
    SortedMap<String, Value>(messages).map(Value.object) ?? .null
  }
}

extension Value {
  /// A member of an object; nil for other values.
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }
}
