public import Domain

extension RunMachine {
  /// When the run wants to be woken, if ever: the earliest deadline of itself and its tasks.
  ///
  /// May be earlier than needed, never later.
  public var deadline: Moment? {
    switch (runDeadline, deadlines.first?.at) {
    case (let one?, let other?): min(one, other)
    case (let one, let other): one ?? other
    }
  }

  /// What the run's own row says: at once while it can go on without any event.
  public var storedDeadline: Moment? {
    isEnded ? nil : isMarkedBusy || wantsOwner ? run.createdAt : runDeadline
  }

  private var runDeadline: Moment? {
    guard case .running = run.phase else { return nil }
    if case .asking(_, let next)? = run.permit?.phase { return next }
    guard let timeout = plan.definition.timeout else { return nil }
    return run.startedAt + timeout
  }

  /// When a task wants to be looked at; stored with its row.
  public func deadline(of place: TaskPlace) -> Moment? {
    guard let task = task(at: place) else { return nil }
    let limits = plan.nodes[place.node].definition.limits
    let total = limits.total.flatMap { total in task.firstReadyAt.map { $0 + total } }
    switch task.phase {
    case .waiting, .expanding, .ended, .stopping:
      return nil
    case .ready(let since):
      // Time that a run is paused is no time in a queue.
      let queue = run.isPaused ? nil : limits.queue.map { max(since, run.resumedAt ?? since) + $0 }
      return earliest(queue, total)
    case .offered(let offer):
      if offer.claim != nil { return total }
      let queue = limits.queue.map { (queuedSince(task) ?? offer.at) + $0 }
      return earliest(earliest(queue, total), offer.nextCheck)
    case .withdrawing(_, let since):
      return since + RunMachine.leaseReadAgain
    case .backoff(let until):
      return earliest(until, total)
    }
  }

  static let leaseReadAgain: Duration = .seconds(1)

  private func queuedSince(_ task: TaskState) -> Moment? {
    task.attempts.count <= 1 ? task.firstReadyAt : nil
  }

  private func earliest(_ one: Moment?, _ other: Moment?) -> Moment? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }

  mutating func watchDeadline(of place: TaskPlace) {
    guard let at = deadline(of: place) else { return }
    deadlines.push(Deadline(at: at, place: place))
  }

  /// Everything that is due. Entries that no longer hold are dropped on the way.
  mutating func reachTime(_ now: Moment) {
    if let due = runDeadline, now >= due, run.isWaitingForPermit {
      askAgain(at: now)
    } else if let due = runDeadline, now >= due {
      let reason = reason(for: .runTimeout, at: now)
      stopRun(.runTimeout, command: "", reason, at: now)
    }
    var handled = 0
    while let next = deadlines.first, next.at <= now, handled < RunMachine.dueTasksMax {
      deadlines.pop()
      guard deadline(of: next.place) == next.at else { continue }
      handled += 1
      reachDeadline(next.place, at: now)
    }
  }

  /// Tasks that one `timeReached` handles; what is still due follows with the next.
  static let dueTasksMax = 1_000

  private mutating func reachDeadline(_ place: TaskPlace, at now: Moment) {
    guard let task = task(at: place) else { return }
    let limits = plan.nodes[place.node].definition.limits
    if let total = limits.total, let first = task.firstReadyAt, now >= first + total {
      stop(place, .totalTimeout, at: now)
      return
    }
    switch task.phase {
    case .ready:
      stop(place, .queueTimeout, at: now)
    case .offered(var offer):
      let queued = queuedSince(task) ?? offer.at
      if let queue = limits.queue, now >= queued + queue {
        stop(place, .queueTimeout, at: now)
      } else {
        offer.countCheck(at: now)
        change(place) { $0.phase = .offered(offer) }
        watchDeadline(of: place)
        effects.append(
          .checkOffer(
            attemptID(of: place, task.fence), plan.nodes[place.node].definition.pool))
      }
    case .withdrawing(let cause, _):
      change(place) { $0.phase = .withdrawing(cause, since: now) }
      watchDeadline(of: place)
      effects.append(.readLease(attemptID(of: place, task.fence)))
    case .backoff:
      move(place, to: .ready(since: now), at: now)
    case .waiting, .expanding, .stopping, .ended:
      return
    }
  }
}
