internal import Domain

extension RunMachine {
  /// Moves the run on when the tasks of its phase have all ended.
  mutating func endPhaseIfDone(at now: Moment) {
    switch run.phase {
    case .running:
      if openMain == 0 { endMainTasks(at: now) }
    case .stopping(let cause):
      guard openMain == 0 else { return }
      if cause == .killed {
        if openFinally == 0 { end(.cancelled, at: now) }
      } else {
        finish(cause == .runTimeout ? .timedOut : .cancelled, at: now)
      }
    case .finishing(let outcome):
      guard openFinally == 0 else { return }
      end(outcome == .succeeded && hasFailedTask ? .failed : outcome, at: now)
    case .quarantined, .ended:
      return
    }
  }

  mutating func endMainTasks(at now: Moment) {
    finish(hasFailedTask ? .failed : .succeeded, at: now)
  }

  /// The outcome of the main tasks is decided: finally tasks may start.
  private mutating func finish(_ outcome: RunOutcome, at now: Moment) {
    guard openFinally > 0 else {
      end(outcome, at: now)
      return
    }
    run.phase = .finishing(outcome)
    storeRun()
    for node in plan.mainCount..<plan.nodes.count where openNeeds[node] == 0 {
      work.append(.settle(node: node))
    }
  }

  mutating func end(_ outcome: RunOutcome, at now: Moment) {
    run.phase = .ended(outcome)
    run.endedAt = now
    if outcome == .failed { run.reason = firstFailure(at: now) }
    if outcome == .succeeded { run.reason = nil }
    work.removeAll()
    workHead = 0
    isMarkedBusy = false
    giveBackPermit()
    storeRun()
    effects.append(.announceEnd(outcome))
  }

  /// Names the task that the failure of the run goes back to.
  private func firstFailure(at now: Moment) -> Reason {
    for node in plan.nodes.indices {
      guard let outcome = tasks[node].phase.outcome, outcome.isFailure else { continue }
      let name = plan.nodes[node].definition.name
      let message = tasks[node].reason.map { "\(name): \($0.message)" } ?? "\(name) \(outcome.word)"
      return Reason(
        code: outcome == .lost ? "lost" : "task-\(outcome.rawValue)", message: message, since: now,
        blockers: [name.text])
    }
    return Reason(code: "failed", message: "a task failed", since: now)
  }
}
