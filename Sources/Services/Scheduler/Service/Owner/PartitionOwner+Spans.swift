internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

// What an owner tells of the traces of its runs: after the commit, so that nothing is told that did
// not happen.
extension PartitionOwner {
  /// The span of an attempt that is reported to have ended; nil when it is not the newest of a task
  /// that has not ended, or nobody records the trace.
  func span(
    of report: AttemptReport, _ key: TaskKey, _ fence: Fence, in machine: RunMachine
  ) -> TraceSpan? {
    let run = machine.run
    guard let trace = run.trace, let place = machine.place(of: key),
      let task = machine.task(at: place), task.fence == fence, !task.phase.isEnded
    else { return nil }
    let attempt = AttemptID(run: run.id, task: key, fence: fence)
    let pool = machine.plan.nodes[place.node].definition.pool.text
    let started = report.startedAt ?? report.endedAt
    return TraceSpan(
      "attempt \(key.name)", .internal, trace.of(attempt), under: trace.of(run.id).span,
      from: task.attempts.last?.offeredAt ?? started, to: report.endedAt,
      [
        SpanNames.run: .text(run.id.text), SpanNames.task: .text("\(key)"),
        SpanNames.attempt: .number(Int64(fence.number)), SpanNames.pool: .text(pool),
        SpanNames.outcome: .text(report.result.word),
      ], failure: report.result.isSuccess ? nil : report.result.word)
  }

  /// The span of a run that has ended.
  func span(of run: RunState, _ outcome: RunOutcome) -> TraceSpan? {
    guard let trace = run.trace, let endedAt = run.endedAt else { return nil }
    let here = trace.of(run.id)
    return TraceSpan(
      "run \(run.workflow)", .internal, here, under: trace.span, from: run.createdAt, to: endedAt,
      [
        SpanNames.run: .text(run.id.text), SpanNames.namespace: .text(run.namespace.text),
        SpanNames.workflow: .text(run.workflow.text), SpanNames.outcome: .text(outcome.rawValue),
      ], failure: outcome == .succeeded ? nil : run.reason?.message ?? outcome.rawValue)
  }

  /// Tells of what the batch took in and decided.
  func tellTraces(of batch: OwnerBatch, _ deliveries: [BusDelivery], since start: Moment) {
    ports.context.traced(deliveries, since: start)
    for span in batch.spans { ports.context.telemetry.record(span) }
  }
}

extension AttemptReport.Result {
  fileprivate var isSuccess: Bool {
    if case .succeeded = self { true } else { false }
  }
}
