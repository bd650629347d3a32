public import Domain

extension RunMachine {
  /// Why the run is as it is; never nil for a run that is not running.
  public func runReason(at now: Moment) -> Reason? {
    if run.isPaused { return run.pause }
    switch run.phase {
    case .running:
      return run.permitReason
    case .stopping(let cause):
      return run.reason ?? reason(for: cause, at: now)
    case .finishing(let outcome):
      return Reason(
        code: "finishing",
        message: "main tasks ended (\(outcome.rawValue)); finally tasks are under way",
        since: run.startedAt)
    case .quarantined, .ended:
      return run.reason
    }
  }

  /// The word that users see for the run.
  public var stateWord: String { run.word }

  /// Why a task is as it is; never nil for a task that is neither running nor succeeded.
  public func reason(of place: TaskPlace, at now: Moment) -> Reason? {
    guard let task = task(at: place) else { return nil }
    let node = plan.nodes[place.node]
    switch task.phase {
    case .waiting:
      return waitingReason(place.node)
    case .expanding:
      return nil
    case .ready(let since):
      if run.isPaused, let pause = run.pause {
        return Reason(
          code: "run-paused", message: "the run is \(pause.message)", since: pause.since,
          until: deadline(of: place), blockers: [run.id.text])
      }
      return Reason(
        code: "pool-window",
        message: "waits for room among the tasks offered to pool \(node.definition.pool)",
        since: since, until: deadline(of: place), blockers: [node.definition.pool.text])
    case .offered(let offer):
      guard offer.claim == nil else { return nil }
      return Reason(
        code: "no-free-worker",
        message: "offered to pool \(node.definition.pool); no worker has taken it yet",
        since: offer.at, blockers: [node.definition.pool.text])
    case .withdrawing(let cause, let since):
      return task.reason ?? reason(for: cause, at: since)
    case .stopping(let cause, let claim):
      return Reason(
        code: "stopping",
        message: "worker \(claim.worker) was asked to stop it: "
          + (task.reason?.message ?? cause.rawValue),
        since: task.reason?.since ?? now, blockers: [claim.session.text])
    case .backoff, .ended:
      return task.reason
    }
  }

  private func waitingReason(_ node: Int) -> Reason {
    if let reason = run.permitReason { return reason }
    let open = plan.nodes[node].needs.filter { !tasks[$0.node].phase.isEnded }
    if open.isEmpty {
      return plan.nodes[node].isFinally
        ? Reason(
          code: "waits-for-main-tasks",
          message: "finally tasks start when every main task has ended", since: run.startedAt)
        : Reason(code: "to-be-decided", message: "about to be decided", since: run.startedAt)
    }
    let names = open.map { plan.nodes[$0.node].definition.name.text }
    let shown = names.prefix(8).joined(separator: ", ")
    return Reason(
      code: "waits-for-needs",
      message: "waits for \(shown)" + (names.count > 8 ? " and \(names.count - 8) more" : ""),
      since: run.startedAt, blockers: Array(names.prefix(8)))
  }
}

extension RunState {
  /// Why it waits whose workflow limits how many run at once; nil for the others.
  public var permitReason: Reason? {
    guard isWaitingForPermit, let permit else { return nil }
    return Reason(
      code: RunPermit.waitingCode,
      message: "waits for concurrency key '\(permit.limit.key)' (limit \(permit.size))",
      since: createdAt)
  }

  /// The word that users see.
  public var word: String { isPaused ? "paused" : isWaitingForPermit ? "queued" : phase.word }
}

extension RunState.Phase {
  /// The word that users see.
  public var word: String {
    switch self {
    case .running, .finishing, .stopping(.runTimeout): "running"
    case .stopping: "cancelling"
    case .quarantined: "quarantined"
    case .ended(let outcome): outcome.rawValue
    }
  }
}
