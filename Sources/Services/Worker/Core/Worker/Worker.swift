public import Domain

/// A worker: keeps a session alive, claims attempts for its free slots, has them run and stopped,
/// and keeps every result until its owner has it.
///
/// The world is the shell's: it performs the effects and reports what came of them. After each
/// event it asks for `deadline` and sends `timeReached` then.
public struct Worker: Hashable, Sendable {
  public private(set) var phase: WorkerPhase = .idle
  public private(set) var held = HeldSet()
  public private(set) var claims = Claims(at: .start)
  /// Stops that the scheduler has to be told about.
  public private(set) var stopsDone: SortedSet<AttemptID> = []
  public let limits: WorkerLimits

  public init(_ limits: WorkerLimits = WorkerLimits()) {
    self.limits = limits
  }

  public var deadline: Uptime? {
    var next = phase.deadline(isBusy: !held.running.isEmpty)
    let others = [held.deadline, freeSlots > 0 ? claims.deadline : nil]
    for case let other? in others { next = next.map { min($0, other) } ?? other }
    return next
  }

  public mutating func apply(_ event: WorkerEvent, at now: Uptime) -> [WorkerEffect] {
    var effects = decide(event, at: now)
    effects += proceed(at: now)
    effects += claim(at: now)
    effects += beat(at: now)
    return effects
  }

  private mutating func decide(_ event: WorkerEvent, at now: Uptime) -> [WorkerEffect] {
    switch event {
    case .started: return begin()
    case .sessionNamed(let session): return open(named: session, at: now)
    case .sessionOpened(let session, let terms): return takeSession(session, terms, at: now)
    case .sessionOpenFailed(let session): return takeOpenFailure(session, at: now)
    case .sessionClosed(let session): return takeClosed(session)
    case .drainAsked: return drain(at: now)
    case .hinted(let attempts):
      guard !phase.isDraining else { return [] }
      claims.add(attempts.filter { !held.holds($0) }, limits)
      return []
    case .claimAnswered(let session, let items, let isSessionOver):
      return takeClaimed(session, items, isSessionOver: isSessionOver, at: now)
    case .claimFailed(let session):
      if phase.session?.id == session { claims.failed(limits, at: now) }
      return []
    case .beatAnswered(let answer):
      return takeAnswer(answer, at: now)
    case .beatFailed(let session, let number):
      guard phase.session?.id == session else { return [] }
      phase.updateSession { $0.failed(number, limits, at: now) }
      return []
    case .executionStarted(let attempt):
      return perform(.started, on: attempt, at: now)
    case .executionPrinted(let attempt):
      return perform(.printed, on: attempt, at: now)
    case .executionEnded(let attempt, let execution):
      return takeEnd(of: attempt, execution)
    case .resultsPublished(let attempts):
      for attempt in attempts { held.apply(.published, to: attempt, limits, at: now) }
      return []
    case .resultsNotPublished(let attempts):
      for attempt in attempts { held.apply(.publishFailed, to: attempt, limits, at: now) }
      return []
    case .timeReached:
      return passTime(at: now)
    }
  }

  // MARK: - Work

  /// Slots that nobody has and nobody was promised. None unless attempts may be claimed.
  private var freeSlots: Int {
    guard phase.isOpen, held.results.count < limits.resultsHeldMax else { return 0 }
    return max(0, limits.slotsMax - held.running.count)
  }

  private mutating func claim(at now: Uptime) -> [WorkerEffect] {
    let most = min(freeSlots, limits.claimMax)
    guard let session = phase.session, let claim = claims.next(free: most, at: now) else {
      return []
    }
    return [.claim(session.id, named: claim.named, max: claim.max)]
  }

  private mutating func takeClaimed(
    _ session: SessionID, _ items: [ClaimedItem], isSessionOver: Bool, at now: Uptime
  ) -> [WorkerEffect] {
    // What another session was granted died with it.
    guard phase.session?.id == session else { return [] }
    if isSessionOver { return endSession(session, at: now) }
    var effects: [WorkerEffect] = []
    var unknown: [AttemptID] = []
    var granted = 0
    for item in items {
      switch item.verdict {
      case .yours(let limits):
        // More than was asked for, or asked for twice: not held, and so given to others soon.
        guard claims.isAsking, held.running.count < self.limits.slotsMax,
          !held.holds(item.attempt)
        else { continue }
        held.add(
          item.attempt,
          HeldAttempt(limits: limits, killAgainAfter: self.limits.killAgainAfter, at: now))
        claims.granted(item.attempt)
        granted += 1
        effects.append(.start(item.attempt))
        if phase.isDraining, !isPatient {
          effects += perform(.stopAsked(.drained, .kill), on: item.attempt, at: now)
        }
      case .gone: break
      case .unknown: unknown.append(item.attempt)
      }
    }
    claims.answered(granted: granted, unknown: unknown, limits, at: now)
    return effects
  }

  /// Whether what runs may go on.
  private var isPatient: Bool {
    switch phase {
    case .open, .draining: true
    case .idle, .naming, .opening, .pausing, .evicting, .settling, .ending, .closing, .over: false
    }
  }

  private mutating func perform(
    _ event: HeldAttempt.Event, on attempt: AttemptID, at now: Uptime
  ) -> [WorkerEffect] {
    held.apply(event, to: attempt, at: now).map { effect in
      switch effect {
      case .terminate: .terminate(attempt)
      case .kill: .kill(attempt)
      }
    }
  }

  private mutating func stopAll(
    for cause: StopCause, _ force: StopForce, at now: Uptime
  ) -> [WorkerEffect] {
    held.running.keys.flatMap { perform(.stopAsked(cause, force), on: $0, at: now) }
  }

  private mutating func takeEnd(
    of attempt: AttemptID, _ execution: EndedExecution
  ) -> [WorkerEffect] {
    guard let ended = held.end(attempt) else { return [] }
    guard let session = phase.session, let verdict = ended.verdict(on: execution) else {
      return [.forget(attempt)]
    }
    if case .asked = ended.cause { stopsDone.insert(attempt) }
    var result = AttemptResult(
      attempt: attempt, session: session.id, verdict: verdict, startedAt: execution.startedAt,
      endedAt: execution.endedAt, logLines: execution.logLines)
    result.usage = execution.usage
    held.add(result)
    return [.publish(result)]
  }

  private mutating func passTime(at now: Uptime) -> [WorkerEffect] {
    var effects = held.runningDue(at: now).flatMap { perform(.timeReached, on: $0, at: now) }
    effects += held.resultsDue(limits, at: now).map { .publish($0) }
    return effects
  }

  // MARK: - Heartbeats

  private mutating func beat(at now: Uptime) -> [WorkerEffect] {
    let isSettling = phase.isDraining && held.running.isEmpty
    if held.results.count >= limits.resultsHurryFrom || isSettling && !held.results.isEmpty {
      phase.updateSession { $0.hurry(limits) }
    }
    let stopped = stopsDone.members
    var number: Int64?
    phase.updateSession { number = $0.next(stopped: stopped, at: now) }
    guard let number, let session = phase.session else { return [] }
    return [
      .beat(
        Beat(
          session: session.id, number: number, heldCount: held.count, heldHash: held.hash,
          held: session.wantsHeld ? held.all : nil,
          results: held.resultsToName(max: limits.resultsPerBeatMax), stopped: stopped,
          isDraining: phase.isDraining))
    ]
  }

  private mutating func takeAnswer(_ answer: BeatAnswer, at now: Uptime) -> [WorkerEffect] {
    guard phase.session?.id == answer.session else { return [] }
    if answer.isSessionOver { return endSession(answer.session, at: now) }
    phase.updateSession { session in
      let known = session.answered(answer.number, wantsHeld: answer.wantsHeld, at: now)
      for attempt in known ?? [] { stopsDone.remove(attempt) }
      if answer.wantsHeld { session.hurry(limits) }
    }
    var effects: [WorkerEffect] = []
    for attempt in answer.acknowledged where held.forget(attempt) {
      effects.append(.forget(attempt))
    }
    for stop in answer.stops {
      if held.running[stop.attempt] == nil {
        if stopsDone.count < limits.hintsMax { stopsDone.insert(stop.attempt) }
      } else {
        effects += perform(
          .stopAsked(.asked(stop.reason), stop.force), on: stop.attempt, at: now)
      }
    }
    if answer.asksToDrain { effects += drain(at: now) }
    return effects
  }

  // MARK: - Phases

  /// Moves on when what the phase waits for has come by itself.
  private mutating func proceed(at now: Uptime) -> [WorkerEffect] {
    if let session = phase.session, now >= session.reliableUntil {
      return endSession(session.id, at: now) + proceed(at: now)
    }
    switch phase {
    case .pausing(let session, let tries, let retryAt):
      guard now >= retryAt else { return [] }
      phase = .opening(session, tries: tries, since: now)
      return [.openSession(session)]
    case .draining(let session, let stopAt):
      if held.running.isEmpty, !claims.isAsking {
        phase = .settling(session, closeAt: now + limits.acknowledgedWithin)
        return proceed(at: now)
      }
      guard now >= stopAt else { return [] }
      phase = .evicting(session, killAt: now + limits.evictWithin)
      return stopAll(for: .drained, .terminate, at: now)
    case .evicting(let session, let killAt):
      if held.running.isEmpty, !claims.isAsking {
        phase = .settling(session, closeAt: now + limits.acknowledgedWithin)
        return proceed(at: now)
      }
      guard now >= killAt else { return [] }
      // Each is killed again by itself until it has ended.
      phase = .evicting(session, killAt: .distantFuture)
      return stopAll(for: .drained, .kill, at: now)
    case .settling(let session, let closeAt):
      guard held.results.isEmpty || now >= closeAt else { return [] }
      phase = .closing(session.id)
      return forgetResults() + [.closeSession(session.id)]
    case .ending(let session, let isLast, let pauseUntil):
      guard held.running.isEmpty, isLast || now >= pauseUntil else { return [] }
      phase = isLast ? .over : .naming
      return [.closeSession(session), isLast ? .finish : .nameSession]
    case .idle, .naming, .opening, .open, .closing, .over:
      return []
    }
  }

  private mutating func begin() -> [WorkerEffect] {
    guard case .idle = phase else { return [] }
    phase = .naming
    return [.nameSession]
  }

  private mutating func open(named session: SessionID, at now: Uptime) -> [WorkerEffect] {
    guard case .naming = phase else { return [] }
    phase = .opening(session, tries: 0, since: now)
    return [.openSession(session)]
  }

  private mutating func takeSession(
    _ opened: SessionID, _ terms: SessionTerms, at now: Uptime
  ) -> [WorkerEffect] {
    guard case .opening(opened, _, let since) = phase else { return [] }
    // Its lease may run since the moment at which it was asked for.
    phase = .open(Session(opened, terms, at: since))
    claims = Claims(at: now)
    return []
  }

  private mutating func takeOpenFailure(_ failed: SessionID, at now: Uptime) -> [WorkerEffect] {
    guard case .opening(failed, let tries, _) = phase else { return [] }
    let failures = min(tries + 1, 1_000)
    let retryAt = now + limits.openRetry.wait(after: failures, key: failed.text)
    phase = .pausing(failed, tries: failures, retryAt: retryAt)
    return []
  }

  private mutating func takeClosed(_ closed: SessionID) -> [WorkerEffect] {
    guard case .closing(closed) = phase else { return [] }
    phase = .over
    return [.finish]
  }

  private mutating func drain(at now: Uptime) -> [WorkerEffect] {
    switch phase {
    case .idle, .naming:
      phase = .over
      return [.finish]
    case .opening(let session, _, _), .pausing(let session, _, _):
      phase = .closing(session)
      return [.closeSession(session)]
    case .open(let session):
      phase = .draining(session, stopAt: now + limits.drainWithin)
      return []
    case .ending(let session, _, let pauseUntil):
      phase = .ending(session, isLast: true, pauseUntil: pauseUntil)
      return []
    case .draining, .evicting, .settling, .closing, .over:
      return []
    }
  }

  /// Kills everything first; only then is there another session.
  private mutating func endSession(_ session: SessionID, at now: Uptime) -> [WorkerEffect] {
    phase = .ending(
      session, isLast: phase.isDraining, pauseUntil: now + limits.sessionPause)
    stopsDone = []
    return stopAll(for: .sessionOver, .kill, at: now) + forgetResults()
  }

  private mutating func forgetResults() -> [WorkerEffect] {
    held.results.keys.filter { held.forget($0) }.map { .forget($0) }
  }
}
