import Domain
import Testing

@testable import WorkerCore

/// A stream of choices from a seed.
private struct Choices: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 1
    return StableHash.mixed(state)
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func isOne(in bound: Int) -> Bool { below(bound) == 0 }
}

/// What must hold whatever happens, judged from the effects alone where that is possible.
private struct Judge {
  /// Attempts told to start and not reported as ended, with their session.
  var running: SortedMap<AttemptID, SessionID?> = [:]
  var started: SortedSet<AttemptID> = []
  var unanswered: SortedSet<AttemptID> = []
  var isOver = false

  mutating func see(_ event: WorkerEvent) {
    switch event {
    case .executionEnded(let attempt, _): running[attempt] = nil
    case .beatAnswered, .started, .sessionNamed, .sessionOpened, .sessionOpenFailed,
      .sessionClosed, .hinted, .claimAnswered, .claimFailed, .beatFailed, .executionStarted,
      .executionPrinted, .resultsPublished, .resultsNotPublished, .drainAsked, .timeReached:
      break
    }
  }

  mutating func see(
    _ effects: [WorkerEffect], after event: WorkerEvent, _ before: Worker, _ after: Worker
  ) {
    var acknowledged: SortedSet<AttemptID> = []
    if case .beatAnswered(let answer) = event {
      acknowledged = SortedSet(answer.acknowledged)
    }
    let keepsSession = after.phase.session != nil
    for effect in effects {
      #expect(!isOver, "\(effect) after the end")
      switch effect {
      case .start(let attempt):
        #expect(running.isEmpty || running.values.allSatisfy { $0 == after.phase.session?.id })
        running[attempt] = .some(after.phase.session?.id)
        started.insert(attempt)
      case .nameSession, .finish:
        #expect(running.isEmpty, "something runs without a session")
        if effect == .finish { isOver = true }
      case .publish(let result):
        #expect(running[result.attempt] == nil, "reported while it runs")
        unanswered.insert(result.attempt)
      case .forget(let attempt):
        #expect(
          acknowledged.contains(attempt) || !unanswered.contains(attempt) || !keepsSession,
          "a result was dropped before its owner had it")
        unanswered.remove(attempt)
      case .beat(let beat):
        #expect(beat.session == after.phase.session?.id)
        #expect(beat.heldCount == after.held.count)
      case .claim(let session, let named, let max):
        #expect(session == after.phase.session?.id)
        #expect(named.count <= max)
        #expect(max + after.held.running.count <= after.limits.slotsMax)
      case .openSession, .closeSession, .terminate, .kill: break
      }
    }
    #expect(after.held.running.count <= after.limits.slotsMax, "more attempts than slots")
    #expect(after.held.running.keys == running.keys)
    #expect(
      after.held.hash == after.held.all.reduce(0) { $0 &+ HeldSet.hash(of: $1) },
      "the hash is not that of the set")
    #expect(
      Array(after.held.results.keys) == unanswered.members || !keepsSession)
    #expect(after.claims.hints.count <= after.limits.hintsMax)
  }
}

/// A world around one worker: calls under way, and answers that may be late, double or lost.
private struct Walk {
  var choices: Choices
  var worker: Worker
  var judge = Judge()
  var now = Uptime.start
  /// What may happen next.
  var open: [WorkerEvent] = []
  var nextAttempt = 0
  var nextSession: UInt64 = 1

  init(seed: UInt64) {
    choices = Choices(state: seed &* 0x9e37_79b9)
    worker = Worker(
      WorkerLimits(
        slotsMax: 1 + choices.below(4), hintsMax: 3, resultsHeldMax: 1 + choices.below(6),
        resultsPerBeatMax: 2, resultsHurryFrom: 2, drainWithin: .seconds(choices.below(4))))
  }

  mutating func apply(_ event: WorkerEvent) {
    let before = worker
    judge.see(event)
    let effects = worker.apply(event, at: now)
    judge.see(effects, after: event, before, worker)
    for effect in effects { perform(effect) }
    if event == .timeReached, let deadline = worker.deadline {
      #expect(deadline > now, "it would spin")
    }
  }

  mutating func attempt() -> AttemptID {
    nextAttempt += 1
    return Sample.attempt(nextAttempt)
  }

  mutating func perform(_ effect: WorkerEffect) {
    switch effect {
    case .nameSession:
      nextSession += 1
      open.append(.sessionNamed(SessionID(SortableID(high: 1, low: nextSession))))
    case .openSession(let session):
      open.append(
        choices.isOne(in: 3)
          ? .sessionOpenFailed(session) : .sessionOpened(session, Sample.terms))
    case .closeSession(let session): open.append(.sessionClosed(session))
    case .claim(let session, let named, let max):
      open.append(claimAnswer(session, named, max))
    case .beat(let beat): open.append(beatAnswer(beat))
    case .start(let attempt):
      if choices.isOne(in: 8) {
        open.append(
          .executionEnded(attempt, Sample.execution(.notStarted(Sample.reason("full")))))
      } else {
        open.append(.executionStarted(attempt))
        open.append(.executionPrinted(attempt))
        if choices.isOne(in: 2) { open.append(.executionEnded(attempt, Sample.succeeded)) }
      }
    case .terminate(let attempt):
      if choices.isOne(in: 2) { open.append(.executionEnded(attempt, Sample.stopped)) }
    case .kill(let attempt):
      if !choices.isOne(in: 4) { open.append(.executionEnded(attempt, Sample.stopped)) }
    case .publish(let result):
      open.append(
        choices.isOne(in: 3)
          ? .resultsNotPublished([result.attempt]) : .resultsPublished([result.attempt]))
    case .forget, .finish: break
    }
  }

  mutating func claimAnswer(
    _ session: SessionID, _ named: [AttemptID], _ max: Int
  ) -> WorkerEvent {
    if choices.isOne(in: 5) { return .claimFailed(session) }
    var items = named.map { attempt in
      switch choices.below(4) {
      case 0: ClaimedItem(attempt, .gone)
      case 1: ClaimedItem(attempt, .unknown)
      case _: ClaimedItem(attempt, .yours(AttemptLimits(attempt: .seconds(20))))
      }
    }
    for _ in 0..<choices.below(max + 3) {
      items.append(ClaimedItem(attempt(), .yours(AttemptLimits(silence: .seconds(2)))))
    }
    return .claimAnswered(session, items, isSessionOver: choices.isOne(in: 40))
  }

  mutating func beatAnswer(_ beat: Beat) -> WorkerEvent {
    if choices.isOne(in: 4) { return .beatFailed(beat.session, number: beat.number) }
    var answer = BeatAnswer(session: beat.session, number: beat.number)
    answer.acknowledged = beat.results.filter { _ in choices.isOne(in: 2) }
    answer.wantsHeld = choices.isOne(in: 5)
    answer.isSessionOver = choices.isOne(in: 40)
    answer.asksToDrain = choices.isOne(in: 300)
    for attempt in worker.held.running.keys where choices.isOne(in: 5) {
      let force: StopForce = choices.isOne(in: 3) ? .kill : .terminate
      answer.stops.append(BeatAnswer.Stop(attempt, force, reason: "cancel"))
    }
    return .beatAnswered(answer)
  }

  mutating func step() {
    switch choices.below(10) {
    case 0:
      apply(.hinted([attempt(), Sample.attempt(1 + choices.below(nextAttempt + 1))]))
    case 1, 2:
      let due = worker.deadline ?? now
      now = max(now + .milliseconds(choices.below(400)), choices.isOne(in: 2) ? due : now)
      apply(.timeReached)
    case _:
      guard !open.isEmpty else { return }
      let place = choices.below(open.count)
      apply(open[place])
      // Now and then it happens twice.
      if !choices.isOne(in: 10) { open.remove(at: place) }
      if open.count > 200 { open.removeFirst(100) }
    }
  }

  /// From here on the world answers everything: the worker must come to its end.
  mutating func settle() {
    apply(.drainAsked)
    for _ in 0..<2_000 where worker.phase != .over {
      for attempt in worker.held.running.keys {
        apply(.executionStarted(attempt))
        apply(.executionEnded(attempt, Sample.stopped))
      }
      if let session = worker.phase.session {
        apply(.claimFailed(session.id))
        apply(
          .beatAnswered(
            BeatAnswer(
              session: session.id, number: session.beats,
              acknowledged: worker.held.results.keys)))
      }
      if case .closing(let session) = worker.phase { apply(.sessionClosed(session)) }
      if let deadline = worker.deadline { now = max(now, deadline) }
      apply(.timeReached)
    }
  }
}

struct WorkerWalkTests {
  @Test(arguments: 0..<60)
  func `whatever happens, slots, results and sessions are kept`(_ seed: Int) {
    var walk = Walk(seed: UInt64(seed))
    walk.apply(.started)
    for _ in 0..<1_500 { walk.step() }
    walk.settle()
    #expect(walk.worker.phase == .over)
    #expect(walk.judge.running.isEmpty)
  }

  /// Goal: no event in no phase traps or breaks what must hold.
  /// Method: bring a worker into each phase and apply each kind of event once.
  @Test func `every phase takes every event`() {
    var seen: SortedSet<String> = []
    for start in phases {
      for event in events {
        var worker = start
        let effects = worker.apply(event, at: Sample.at(2))
        _ = worker.apply(.timeReached, at: Sample.at(2))
        let next = worker.deadline
        #expect(next.map { $0 > Sample.at(2) } ?? true, "\(start.phase) would spin on \(event)")
        #expect(worker.held.running.count <= worker.limits.slotsMax)
        let isQuiet = effects.isEmpty && worker.phase == start.phase
        if isQuiet { seen.insert("\(start.phase)\(event)") }
        if start.phase == .over { #expect(effects == [] && worker.phase == .over) }
      }
    }
    #expect(seen.count > phases.count, "most pairs change nothing")
  }

  private var phases: [Worker] {
    let idle = Worker()
    var naming = idle
    _ = naming.apply(.started, at: Sample.at(0))
    var opening = naming
    _ = opening.apply(.sessionNamed(Sample.session), at: Sample.at(0))
    var pausing = opening
    _ = pausing.apply(.sessionOpenFailed(Sample.session), at: Sample.at(2))
    var closing = opening
    _ = closing.apply(.drainAsked, at: Sample.at(0))
    var over = closing
    _ = over.apply(.sessionClosed(Sample.session), at: Sample.at(0))
    let open = Sample.busyWorker([1])
    var draining = open
    _ = draining.apply(.claimFailed(Sample.session), at: Sample.at(0))
    _ = draining.apply(.drainAsked, at: Sample.at(0))
    var evicting = Sample.busyWorker([1], slots: 1) { $0.drainWithin = .zero }
    _ = evicting.apply(.drainAsked, at: Sample.at(0))
    var settling = evicting
    _ = settling.apply(.executionEnded(Sample.attempt(1), Sample.stopped), at: Sample.at(0))
    var ending = open
    _ = ending.apply(
      .claimAnswered(Sample.session, [], isSessionOver: true), at: Sample.at(0))
    return [
      idle, naming, opening, pausing, open, draining, evicting, settling, ending, closing, over,
    ]
  }

  private var events: [WorkerEvent] {
    let attempt = Sample.attempt(1)
    let item = ClaimedItem(Sample.attempt(2), .yours(AttemptLimits()))
    return [
      .started, .sessionNamed(Sample.session), .sessionNamed(Sample.nextSession),
      .sessionOpened(Sample.session, Sample.terms),
      .sessionOpened(Sample.nextSession, Sample.terms), .sessionOpenFailed(Sample.session),
      .sessionClosed(Sample.session), .hinted([attempt]),
      .claimAnswered(Sample.session, [item], isSessionOver: false),
      .claimAnswered(Sample.session, [], isSessionOver: true),
      .claimAnswered(Sample.nextSession, [item], isSessionOver: true),
      .claimFailed(Sample.session),
      .beatAnswered(BeatAnswer(session: Sample.session, number: 1, acknowledged: [attempt])),
      .beatAnswered(BeatAnswer(session: Sample.session, number: 7, isSessionOver: true)),
      .beatFailed(Sample.session, number: 1), .executionStarted(attempt),
      .executionPrinted(attempt), .executionEnded(attempt, Sample.succeeded),
      .executionEnded(Sample.attempt(9), Sample.failed), .resultsPublished([attempt]),
      .resultsNotPublished([attempt]), .drainAsked, .timeReached,
    ]
  }
}
