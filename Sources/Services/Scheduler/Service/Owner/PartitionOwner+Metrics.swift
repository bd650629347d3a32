internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

// What an owner counts and measures. A batch that came to nothing is decided again, so that counts
// may be a little high after a failure.
extension PartitionOwner {
  /// How long an attempt waited and ran, once it is reported.
  func measure(
    _ report: AttemptReport, of key: TaskKey, _ fence: Fence, in machine: RunMachine
  ) {
    guard let place = machine.place(of: key), let task = machine.task(at: place),
      task.fence == fence, !task.phase.isEnded
    else { return }
    let pool = ("pool", machine.plan.nodes[place.node].definition.pool.text)
    let telemetry = ports.context.telemetry
    telemetry.count("attempts_ended", 1, [pool, ("result", report.result.word)])
    guard let startedAt = report.startedAt else { return }
    telemetry.measure("attempt_run", report.endedAt - startedAt, [pool])
    if let offeredAt = task.attempts.last?.offeredAt {
      telemetry.measure("attempt_wait", startedAt - offeredAt, [pool])
    }
  }

  /// Whether the task, one attempt of which has ended, gets another one.
  func countRetry(of key: TaskKey, in machine: RunMachine) {
    guard let place = machine.place(of: key), case .backoff? = machine.task(at: place)?.phase else {
      return
    }
    let pool = machine.plan.nodes[place.node].definition.pool.text
    ports.context.telemetry.count("attempts_retried", 1, [("pool", pool)])
  }

  /// Counts and traces the end of a run, if it is among the effects.
  func noteEnds(_ effects: [RunEffect], of entry: RunEntry, into batch: inout OwnerBatch) {
    for case .announceEnd(let outcome) in effects {
      let telemetry = ports.context.telemetry
      let word = ("outcome", outcome.rawValue)
      telemetry.count("runs_ended", 1, [word])
      let run = entry.machine.run
      telemetry.log(
        .info, "run.ended",
        [
          ("run", run.id.text), ("namespace", run.namespace.text),
          ("workflow", run.workflow.text), word,
        ])
      if let span = span(of: run, outcome) { batch.spans.append(span) }
      if let endedAt = run.endedAt {
        telemetry.measure("run", endedAt - run.createdAt, [word])
      }
    }
  }

  func measureCommit(rows: Int, since start: Uptime) {
    let telemetry = ports.context.telemetry
    telemetry.measure("scheduler_commit", ports.context.time.uptime() - start, [])
    telemetry.count("scheduler_rows_committed", rows, [])
  }
}

extension AttemptReport.Result {
  var word: String {
    switch self {
    case .succeeded: "succeeded"
    case .failed: "failed"
    case .timedOut: "timedOut"
    case .stopped: "stopped"
    case .lost: "lost"
    }
  }
}
