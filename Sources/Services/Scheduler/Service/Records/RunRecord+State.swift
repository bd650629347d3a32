internal import Contracts
internal import Domain
internal import SchedulerCore
internal import ServiceKit

extension RunRecord {
  init(_ machine: RunMachine, partition: Int) {
    let run = machine.run
    self.init(
      run: run.id.text, namespace: run.namespace.text, workflow: run.workflow.text,
      version: machine.plan.version.text, inputs: run.inputs.mapValues { ValueMessage($0) },
      labels: run.labels, principal: run.principal, createdAtUs: run.createdAt.microseconds,
      startedAtUs: run.startedAt.microseconds, reason: run.reason.map(ReasonMessage.init),
      endedAtUs: run.endedAt?.microseconds, revision: run.revision,
      deadlineUs: machine.storedDeadline?.microseconds, partition: Int64(partition),
      commands: run.commands, counts: machine.counts.mapValues(Int64.init),
      pause: run.pause.map(ReasonMessage.init), resumedAtUs: run.resumedAt?.microseconds,
      kept: run.kept.map(Kept.init), permit: run.permit.map(Permit.init),
      priority: run.priority.rawValue, trace: TraceContext.stored(run.trace))
    switch run.phase {
    case .running:
      phase = "running"
    case .stopping(let cause):
      phase = "stopping"
      stopCause = cause.rawValue
    case .finishing(let runOutcome):
      phase = "finishing"
      outcome = runOutcome.rawValue
    case .quarantined:
      phase = "quarantined"
    case .ended(let runOutcome):
      phase = "ended"
      outcome = runOutcome.rawValue
    }
  }

  /// Nil when the record says something that this version does not know.
  func state(stamp: UInt64) -> RunState? {
    guard let id = RunID(text: run), let namespace = NamespaceName(namespace),
      let workflow = WorkflowName(workflow), let inputs = SortedMap<String, Value>(inputs),
      let runPhase = readPhase()
    else { return nil }
    var state = RunState(
      id: id, namespace: namespace, workflow: workflow, inputs: inputs, labels: labels,
      principal: principal, createdAt: Moment(microseconds: createdAtUs),
      startedAt: Moment(microseconds: startedAtUs))
    state.phase = runPhase
    state.reason = reason.flatMap(Reason.init)
    state.endedAt = endedAtUs.map(Moment.init(microseconds:))
    state.revision = revision
    state.commands = commands
    state.pause = pause.flatMap(Reason.init)
    state.resumedAt = resumedAtUs.map(Moment.init(microseconds:))
    if let kept {
      guard let kept = KeptTasks(kept) else { return nil }
      state.kept = kept
    }
    if let permit {
      guard let permit = RunPermit(permit) else { return nil }
      state.permit = permit
    }
    state.priority = Priority(rawValue: priority) ?? .normal
    state.trace = TraceContext(traceparent: trace)
    state.stamp = stamp
    return state
  }

  private func readPhase() -> RunState.Phase? {
    switch phase {
    case "running": .running
    case "stopping": StopCause(rawValue: stopCause).map { .stopping($0) }
    case "finishing": RunOutcome(rawValue: outcome).map { .finishing($0) }
    case "quarantined": .quarantined
    case "ended": RunOutcome(rawValue: outcome).map { .ended($0) }
    default: nil
    }
  }
}

extension RunRecord.Kept {
  init(_ kept: KeptTasks) {
    self.init(
      run: kept.source.text, tasks: kept.nodes.bytes, skipped: kept.skipped.bytes,
      reason: ReasonMessage(kept.reason))
  }
}

extension KeptTasks {
  /// Nil when the record cannot be understood.
  init?(_ record: RunRecord.Kept) {
    guard let source = RunID(text: record.run), let reason = record.reason.flatMap(Reason.init)
    else { return nil }
    self.init(
      from: source, nodes: BitSet(bytes: record.tasks), skipped: BitSet(bytes: record.skipped),
      reason: reason)
  }
}
