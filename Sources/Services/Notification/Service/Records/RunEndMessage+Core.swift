internal import Contracts
internal import Domain
internal import NotificationCore

extension RunEndMessage {
  /// What tasks wrote is kept short: a message is thin.
  static let reasonMax = 1_000

  init(_ end: RunEnd) {
    self.init(
      run: end.run.text, revision: end.revision, namespace: end.namespace.text,
      workflow: end.workflow.text, version: end.version.text, outcome: end.outcome.rawValue,
      reasonCode: end.reasonCode, reasonMessage: String(end.reasonMessage.prefix(Self.reasonMax)),
      labels: end.labels, startedAtUs: end.startedAt.microseconds,
      endedAtUs: end.endedAt.microseconds)
  }
}

extension RunEnd {
  init?(_ message: RunEndMessage) {
    guard let run = RunID(text: message.run), let namespace = NamespaceName(message.namespace),
      let workflow = WorkflowName(message.workflow),
      let outcome = RunOutcome(rawValue: message.outcome)
    else { return nil }
    self.init(
      run: run, revision: message.revision, namespace: namespace, workflow: workflow,
      version: VersionID(message.version), outcome: outcome,
      startedAt: Moment(microseconds: message.startedAtUs),
      endedAt: Moment(microseconds: message.endedAtUs))
    reasonCode = message.reasonCode
    reasonMessage = message.reasonMessage
    labels = message.labels
  }

  /// Nil for messages that cannot be understood.
  init?(_ message: WorkflowCompleted) {
    guard let run = RunID(text: message.run), let namespace = NamespaceName(message.namespace),
      let workflow = WorkflowName(message.workflow),
      let outcome = RunOutcome(rawValue: message.outcome)
    else { return nil }
    self.init(
      run: run, revision: message.revision, namespace: namespace, workflow: workflow,
      version: VersionID(message.version), outcome: outcome,
      startedAt: Moment(microseconds: message.startedAtUs),
      endedAt: Moment(microseconds: message.endedAtUs))
    reasonCode = message.reason?.code ?? ""
    reasonMessage = String((message.reason?.message ?? "").prefix(RunEndMessage.reasonMax))
    labels = message.labels
  }
}
