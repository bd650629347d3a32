internal import Domain

extension RunMachine {
  /// The one place where a task changes its phase: counts, windows, deadlines and dependants
  /// follow.
  mutating func move(
    _ place: TaskPlace, to phase: TaskPhase, because reason: Reason? = nil, at now: Moment,
    isStored: Bool = true
  ) {
    guard let before = task(at: place)?.phase, !before.isEnded else { return }
    account(for: place, leaving: before, entering: phase)
    change(place) { task in
      task.phase = phase
      task.reason = reason
      if case .ready = phase, task.firstReadyAt == nil { task.firstReadyAt = now }
      if isStored { task.revision += 1 }
    }
    if isStored { effects.append(.storeTask(place)) }
    watchDeadline(of: place)
    if let outcome = phase.outcome { taskEnded(place, outcome, at: now) }
  }

  /// Keeps the numbers that are derived from phases.
  private mutating func account(
    for place: TaskPlace, leaving before: TaskPhase, entering after: TaskPhase
  ) {
    if place.instance == nil, before.word != after.word {
      count(before.word, -1)
      count(after.word, 1)
    }
    let pool = plan.nodes[place.node].definition.pool
    if before.isInFlight != after.isInFlight {
      inFlight[pool, default: 0] += after.isInFlight ? 1 : -1
    }
    if case .ready = before { ready[pool, default: ReadyQueue()].count -= 1 }
    if case .ready = after { ready[pool, default: ReadyQueue()].append(place) }
    if before.waitsSince != nil { waits[pool, default: WaitQueue()].count -= 1 }
    if let since = after.waitsSince { watchWait(of: place, in: pool, since: since) }
  }

  mutating func count(_ word: String, _ change: Int) {
    let number = (counts[word] ?? 0) + change
    counts[word] = number == 0 ? nil : number
  }

  /// What the end of a task means for its group, its dependants and the run.
  private mutating func taskEnded(_ place: TaskPlace, _ outcome: TaskOutcome, at now: Moment) {
    if place.instance != nil {
      instanceEnded(place, at: now)
      return
    }
    if outcome.isFailure { hasFailedTask = true }
    if !plan.nodes[place.node].dependants.isEmpty {
      work.append(.propagate(node: place.node, from: 0))
    }
    if plan.nodes[place.node].isFinally {
      openFinally -= 1
    } else {
      openMain -= 1
    }
    endPhaseIfDone(at: now)
  }
}

extension TaskPhase {
  /// The word for a task that a worker works on.
  public static let runningWord = "running"

  /// The word that users see.
  public var word: String {
    switch self {
    case .waiting: "waiting"
    case .ready: "ready"
    case .offered(let offer): offer.claim == nil ? "dispatched" : "running"
    case .withdrawing: "dispatched"
    case .expanding, .stopping: "running"
    case .backoff: "backoff"
    case .ended(let outcome): outcome.rawValue
    }
  }
}
