internal import Domain

extension RunMachine {
  /// A command or the run's own time-out: no main task starts any more.
  ///
  /// Cancelling twice changes nothing; killing goes further than cancelling and includes finally
  /// tasks; a run that has ended stays as it is.
  mutating func stopRun(
    _ cause: StopCause, command: String, _ reason: Reason, at now: Moment
  ) {
    guard !run.commands.contains(command) || command.isEmpty else { return }
    switch (run.phase, cause) {
    case (.running, _), (.stopping, .killed), (.finishing, .killed), (.quarantined, .killed):
      break
    case (.stopping, _), (.finishing, _), (.quarantined, _), (.ended, _):
      return
    }
    if case .stopping(.killed) = run.phase { return }
    if !command.isEmpty {
      run.commands.append(command)
      if run.commands.count > RunState.commandsKept { run.commands.removeFirst() }
    }
    if run.isWaitingForPermit {
      run.pause = nil
      endUnstarted(.cancelled, tasks: .cancelled, reason, at: now)
      return
    }
    run.phase = .stopping(cause)
    run.reason = reason
    // What cleans up behind a run that was paused must not wait for somebody to come back.
    run.pause = nil
    storeRun()
    cancelWaiting(including: cause == .killed, at: now)
    work.append(.stop(cause, from: 0, instance: 0))
    endPhaseIfDone(at: now)
  }

  /// Tasks that were waiting have no row and need none: a run that stops says that they are
  /// cancelled.
  private mutating func cancelWaiting(including isFinallyIncluded: Bool, at now: Moment) {
    let end = isFinallyIncluded ? plan.nodes.count : plan.mainCount
    for node in 0..<end {
      guard case .waiting = tasks[node].phase else { continue }
      move(TaskPlace(node), to: .ended(.cancelled), because: run.reason, at: now, isStored: false)
    }
  }

  /// Stops what is under way, a portion at a time.
  mutating func stopTasks(
    _ cause: StopCause, from start: Int, instance: Int, rowsMax: Int, at now: Moment
  ) {
    guard case .stopping(cause) = run.phase else { return }
    let end = cause == .killed ? plan.nodes.count : plan.mainCount
    var (node, instance) = (start, instance)
    while node < end {
      guard effects.count < rowsMax else {
        work.append(.stop(cause, from: node, instance: instance))
        return
      }
      if case .expanding = tasks[node].phase {
        if instance < groups[node]?.instances.count ?? 0 {
          stop(TaskPlace(node, instance), cause, at: now)
          instance += 1
          continue
        }
        endGroupIfDone(node, at: now)
      } else {
        stop(TaskPlace(node), cause, at: now)
      }
      node += 1
      instance = 0
    }
  }

  /// Makes sure that a task does not go on. An attempt that may have been claimed is withdrawn
  /// first and its lease read afterwards: without a lease it can never start.
  mutating func stop(_ place: TaskPlace, _ cause: StopCause, at now: Moment) {
    guard let task = task(at: place) else { return }
    switch task.phase {
    case .waiting, .ready, .backoff:
      endStopped(place, cause, at: now)
    case .offered(let offer):
      if let claim = offer.claim {
        requestStop(place, cause, claim, at: now)
      } else {
        move(
          place, to: .withdrawing(cause, since: now), because: reason(for: cause, at: now), at: now)
        effects.append(.readLease(attemptID(of: place, task.fence)))
      }
    case .stopping(let before, let claim):
      guard cause == .killed, before != .killed else { return }
      requestStop(place, cause, claim, at: now)
    case .withdrawing(let before, _):
      guard before != cause else { return }
      move(
        place, to: .withdrawing(cause, since: now), because: reason(for: cause, at: now), at: now)
      effects.append(.readLease(attemptID(of: place, task.fence)))
    case .expanding, .ended:
      return
    }
  }

  /// Ends a task as the cause for stopping it says; false for a cause after which it goes on.
  @discardableResult
  mutating func endStopped(_ place: TaskPlace, _ cause: StopCause, at now: Moment) -> Bool {
    let outcome: TaskOutcome
    switch cause {
    case .cancelled, .killed, .runTimeout:
      outcome = .cancelled
    case .queueTimeout, .totalTimeout:
      outcome = .timedOut
    case .overridden:
      guard let override = task(at: place)?.override else { return false }
      endByHand(place, override, at: now)
      return true
    case .paused:
      return false
    }
    move(place, to: .ended(outcome), because: reason(for: cause, at: now), at: now)
    return true
  }

  private mutating func requestStop(
    _ place: TaskPlace, _ cause: StopCause, _ claim: Claim, at now: Moment
  ) {
    guard let task = task(at: place) else { return }
    let why = reason(for: cause, at: now)
    move(place, to: .stopping(cause, claim), because: why, at: now)
    effects.append(
      .requestStop(
        attemptID(of: place, task.fence), claim.session, isKill: cause == .killed,
        reason: why.message))
  }

  /// What a withdrawn attempt's lease says.
  mutating func decideWithdrawal(
    _ key: TaskKey, _ fence: Fence, _ claim: Claim?, at now: Moment
  ) {
    guard let place = place(of: key), let task = task(at: place), task.fence == fence,
      case .withdrawing(let cause, _) = task.phase
    else { return }
    guard let claim else {
      change(place) { task in
        guard let last = task.attempts.indices.last else { return }
        task.attempts[last].end = .withdrawn
        task.attempts[last].endedAt = now
        task.attempts[last].logLines = 0
      }
      if !endStopped(place, cause, at: now) { move(place, to: .ready(since: now), at: now) }
      return
    }
    if cause == .queueTimeout || cause == .paused {
      // It was claimed in time, so that it waits no longer: it is offered as before and running.
      var offer = Offer(at: task.attempts.last?.offeredAt ?? now)
      offer.claim = claim
      move(place, to: .offered(offer), at: now)
    } else {
      requestStop(place, cause, claim, at: now)
    }
  }

  func reason(for cause: StopCause, at now: Moment) -> Reason {
    let (code, message) =
      switch cause {
      case .cancelled: ("cancelled", run.reason?.message ?? "the run was cancelled")
      case .killed: ("killed", run.reason?.message ?? "the run was killed")
      case .queueTimeout: ("queue-timeout", "no worker took it within timeout.queue")
      case .totalTimeout: ("total-timeout", "it took longer than timeout.total")
      case .runTimeout: ("run-timeout", "the run took longer than its timeout")
      case .overridden: ("set-by-hand", "a person decided how it ends")
      case .paused: ("run-paused", run.pause?.message ?? "the run is paused")
      }
    return Reason(code: code, message: message, since: now)
  }

  /// Sets the run aside. Nothing starts any more; what runs is left to end by itself.
  mutating func quarantine(_ reason: Reason) {
    switch run.phase {
    case .quarantined, .ended: return
    case .running, .stopping, .finishing: break
    }
    run.phase = .quarantined
    run.reason = reason
    work.removeAll()
    workHead = 0
    // One that may still have tasks under way keeps its permit.
    if run.permit?.isAsking == true { giveBackPermit() }
    storeRun()
  }
}
