public import Domain

extension RunMachine {
  /// The next ready task of a pool, if there is one; used with `offered`.
  public mutating func nextReady(in pool: PoolName) -> TaskPlace? {
    guard run.mayDispatch else { return nil }
    while let place = ready[pool]?.head {
      if case .ready = task(at: place)?.phase { return place }
      ready[pool, default: ReadyQueue()].dropHead()
    }
    return nil
  }

  /// Pools in which tasks of this run want a worker now.
  public var readyPools: [PoolName] {
    !run.mayDispatch ? [] : ready.lazy.filter { $0.value.count > 0 }.map(\.key)
  }

  /// Offers the next attempt of a ready task to the workers of its pool.
  mutating func offer(_ place: TaskPlace, at now: Moment) {
    guard case .ready = task(at: place)?.phase, run.mayDispatch else { return }
    let node = plan.nodes[place.node]
    if node.hasExpressions {
      // Rendered once more when it is claimed; tried here so that a failure is decided by the
      // owner.
      do throws(EvaluationFailure) {
        _ = try RenderedWork(node.definition, in: scope(of: place))
      } catch {
        failByExpression(place, error, at: now)
        return
      }
    }
    change(place) { task in
      task.fence = task.fence.next
      task.attempts.append(AttemptState(fence: task.fence, offeredAt: now))
    }
    move(place, to: .offered(Offer(at: now)), at: now)
    guard let fence = task(at: place)?.fence else { return }
    effects.append(.hint(attemptID(of: place, fence), node.definition.pool))
  }

  /// Remembers who runs an attempt. Not stored: the lease is the truth.
  mutating func noteClaim(_ key: TaskKey, _ fence: Fence, _ claim: Claim) {
    guard let place = place(of: key), let task = task(at: place), task.fence == fence,
      case .offered(var offer) = task.phase, offer.claim == nil
    else { return }
    if place.instance == nil { count(task.phase.word, -1) }
    waits[plan.nodes[place.node].definition.pool, default: WaitQueue()].count -= 1
    offer.claim = claim
    change(place) { task in
      task.phase = .offered(offer)
      if let last = task.attempts.indices.last { task.attempts[last].worker = claim.worker }
    }
    if place.instance == nil { count(TaskPhase.offered(offer).word, 1) }
    watchDeadline(of: place)
  }

  /// Takes in how an attempt ended. Only the newest fence of a task that has not ended counts.
  mutating func endAttempt(
    _ key: TaskKey, _ fence: Fence, _ report: AttemptReport, at now: Moment
  ) {
    guard let place = place(of: key), let task = task(at: place), task.fence == fence else {
      return
    }
    switch task.phase {
    case .offered:
      record(report, of: place)
      decide(report, stopCause: nil, of: place, at: now)
    case .withdrawing(let cause, _), .stopping(let cause, _):
      record(report, of: place)
      decide(report, stopCause: cause, of: place, at: now)
    case .waiting, .expanding, .ready, .backoff, .ended:
      return
    }
  }

  private mutating func record(_ report: AttemptReport, of place: TaskPlace) {
    change(place) { task in
      guard let last = task.attempts.indices.last else { return }
      if !report.worker.isEmpty { task.attempts[last].worker = report.worker }
      task.attempts[last].startedAt = report.startedAt
      task.attempts[last].endedAt = report.endedAt
      task.attempts[last].reason = report.reason
      task.attempts[last].end = report.result.end
      task.attempts[last].exitCode = report.result.exitCode
      task.attempts[last].logLines = report.logLines
      task.attempts[last].usage = report.usage
    }
  }

  /// A success counts even when the attempt was to be stopped: the work is done. Anything else ends
  /// a task that was to be stopped as the cause says, and is tried again otherwise while its budget
  /// lasts.
  private mutating func decide(
    _ report: AttemptReport, stopCause: StopCause?, of place: TaskPlace, at now: Moment
  ) {
    if case .succeeded(let outputs, _) = report.result {
      change(place) { $0.outputs = outputs }
      move(place, to: .ended(.succeeded), at: now)
      return
    }
    if let stopCause, endStopped(place, stopCause, at: now) { return }
    let cause = report.result.retryCause
    change(place) { task in
      if cause == .lost { task.losses += 1 } else { task.failures += 1 }
    }
    guard let task = task(at: place) else { return }
    let policy = plan.nodes[place.node].definition.retry
    let tried = cause == .lost ? task.losses : task.failures
    let allowed = policy.attemptsMax(for: cause)
    if tried < allowed, !isStopping(place) {
      let key = attemptID(of: place, task.fence).description
      let until = now + policy.backoff.wait(after: tried, key: key)
      move(
        place, to: .backoff(until: until),
        because: Reason(
          code: "backoff",
          message: "attempt \(task.fence) \(report.summary), \(tried) of \(allowed) used; "
            + "the next follows at \(until.text)",
          since: now, until: until),
        at: now)
      return
    }
    let reason = Reason(
      code: report.reason?.code ?? cause.outcome.rawValue,
      message: "\(report.summary) after \(tried)/\(allowed) attempts", since: now)
    move(place, to: .ended(cause.outcome), because: reason, at: now)
  }

  private func isStopping(_ place: TaskPlace) -> Bool {
    switch run.phase {
    case .running: false
    case .finishing: !plan.nodes[place.node].isFinally
    case .stopping, .quarantined, .ended: true
    }
  }
}

extension AttemptReport {
  /// In a few words, for reasons.
  var summary: String {
    if let reason, !reason.message.isEmpty { return reason.message }
    return switch result {
    case .succeeded: "succeeded"
    case .failed(let code?): "exit \(code)"
    case .failed(nil): "failed"
    case .timedOut: "timed out"
    case .stopped: "was handed back by its worker"
    case .lost: "lost its worker"
    }
  }
}

extension AttemptReport.Result {
  var end: AttemptState.End {
    switch self {
    case .succeeded: .succeeded
    case .failed: .failed
    case .timedOut: .timedOut
    case .stopped: .stopped
    case .lost: .lost
    }
  }

  var exitCode: Int? {
    switch self {
    case .succeeded(_, let code), .failed(let code): code
    case .timedOut, .stopped, .lost: nil
    }
  }

  /// An attempt that was stopped without our asking was handed back: the worker's doing.
  var retryCause: RetryPolicy.Cause {
    switch self {
    case .failed(let code): .failed(exitCode: code)
    case .timedOut: .timedOut
    case .succeeded, .stopped, .lost: .lost
    }
  }
}

extension RetryPolicy.Cause {
  var outcome: TaskOutcome {
    switch self {
    case .failed: .failed
    case .timedOut: .timedOut
    case .lost: .lost
    }
  }
}
