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

  func measure(_ effects: [RunEffect], of entry: RunEntry) {
    for case .announceEnd(let outcome) in effects {
      let telemetry = ports.context.telemetry
      let word = ("outcome", outcome.rawValue)
      telemetry.count("runs_ended", 1, [word])
      let run = entry.machine.run
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
  fileprivate var word: String {
    switch self {
    case .succeeded: "succeeded"
    case .failed: "failed"
    case .timedOut: "timedOut"
    case .stopped: "stopped"
    case .lost: "lost"
    }
  }
}
