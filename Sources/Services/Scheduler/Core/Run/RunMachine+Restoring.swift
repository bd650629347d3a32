public import Domain

/// A task as it was stored.
public struct RestoredTask: Hashable, Sendable {
  public var key: TaskKey
  public var state: TaskState

  public init(key: TaskKey, state: TaskState) {
    self.key = key
    self.state = state
  }
}

extension RunMachine {
  /// A run that was stored, with all of its task rows in the order of their keys.
  ///
  /// What was left to do is derived: waiting tasks whose needs have ended, lists that are not fully
  /// created, tasks that a stopping run must still stop.
  ///
  /// - Parameter keeping: of a rerun, the tasks that `run.kept` names, by their number; only those
  ///   without a row are looked at.
  public init(
    restoring run: RunState, plan: Plan, tasks rows: [RestoredTask],
    keeping: SortedMap<Int, KeptTask> = [:], at now: Moment
  ) {
    self.init(plan: plan, run: run)
    self.keeping = keeping
    counts = [:]
    adopt(rows)
    cancelAbsent()
    countPhases()
    deriveNeeds()
    restoreGroups(at: now)
    deriveWork(at: now)
    isMarkedBusy = false
  }

  private mutating func adopt(_ rows: [RestoredTask]) {
    for row in rows {
      guard let node = plan.node(named: row.key.name) else { continue }
      guard let index = row.key.index else {
        tasks[node] = row.state
        continue
      }
      if groups[node] == nil { groups[node] = Group(items: []) }
      // Rows come in the order of their keys, so that instances are appended densely.
      guard index == groups[node]?.instances.count else { continue }
      groups[node]?.instances.append(row.state)
    }
  }

  /// A main task without a row in a run that stopped before it could start is cancelled.
  private mutating func cancelAbsent() {
    let end: Int
    switch run.phase {
    case .running, .quarantined: return
    case .stopping(.killed): end = plan.nodes.count
    case .stopping, .finishing: end = plan.mainCount
    case .ended: end = plan.nodes.count
    }
    for node in 0..<end {
      guard case .waiting = tasks[node].phase else { continue }
      tasks[node].phase = .ended(run.permit?.isSkipped == true ? .skipped : .cancelled)
      tasks[node].reason = run.reason
    }
  }

  private mutating func countPhases() {
    openMain = 0
    openFinally = 0
    for (node, task) in tasks.enumerated() {
      count(task.phase.word, 1)
      if task.phase.outcome?.isFailure == true { hasFailedTask = true }
      guard !task.phase.isEnded else { continue }
      if plan.nodes[node].isFinally { openFinally += 1 } else { openMain += 1 }
    }
  }

  private mutating func deriveNeeds() {
    for (node, planned) in plan.nodes.enumerated() {
      var open = 0
      for need in planned.needs where !tasks[need.node].phase.isEnded { open += 1 }
      openNeeds[node] = open
    }
  }

  private mutating func restoreGroups(at now: Moment) {
    for node in plan.nodes.indices {
      guard let forEach = plan.nodes[node].definition.forEach, !isKept(node) else { continue }
      let isOpen = !tasks[node].phase.isEnded && tasks[node].phase != .waiting
      guard isOpen || plan.nodes[node].areOutputsRead else { continue }
      if groups[node] == nil { groups[node] = Group(items: []) }
      let ended = groups[node]?.instances.lazy.filter(\.phase.isEnded).count ?? 0
      groups[node]?.endedCount = ended
      guard isOpen else { continue }
      // The list was evaluated when the group began, from facts that cannot change.
      guard let items = try? items(of: node, forEach) else { continue }
      groups[node]?.items = items
    }
  }

  private mutating func deriveWork(at now: Moment) {
    for place in livePlaces {
      guard let task = task(at: place) else { continue }
      let pool = plan.nodes[place.node].definition.pool
      if task.phase.isInFlight { inFlight[pool, default: 0] += 1 }
      if case .ready = task.phase { ready[pool, default: ReadyQueue()].append(place) }
      if let since = task.phase.waitsSince { watchWait(of: place, in: pool, since: since) }
      watchDeadline(of: place)
    }
    guard !run.isWaitingForPermit else { return }
    if isKeepingLeft { work.append(.keep(from: 0)) }
    for node in plan.nodes.indices {
      switch tasks[node].phase {
      case .waiting where openNeeds[node] == 0:
        work.append(.settle(node: node))
      case .expanding:
        work.append(.expand(node: node))
        endGroupIfDone(node, at: now)
      case .waiting, .ready, .offered, .withdrawing, .stopping, .backoff, .ended:
        continue
      }
    }
    if case .stopping(let cause) = run.phase {
      work.append(.stop(cause, from: 0, instance: 0))
    }
    if run.isPaused { work.append(.withdrawOffers(from: 0, instance: 0)) }
    endPhaseIfDone(at: now)
  }

  /// Every task and instance that has not ended and is not waiting.
  var livePlaces: [TaskPlace] {
    var places: [TaskPlace] = []
    for node in plan.nodes.indices {
      for index in groups[node]?.instances.indices ?? 0..<0
      where groups[node]?.instances[index].phase.isEnded == false {
        places.append(TaskPlace(node, index))
      }
      if !tasks[node].phase.isEnded, tasks[node].phase != .waiting {
        places.append(TaskPlace(node))
      }
    }
    return places
  }
}
