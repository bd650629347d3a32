import Domain
import Testing

@testable import WorkerCore

private let session = Sample.session

private func yours(_ numbers: [Int], _ limits: AttemptLimits = AttemptLimits()) -> WorkerEvent {
  .claimAnswered(
    session, numbers.map { ClaimedItem(Sample.attempt($0), .yours(limits)) },
    isSessionOver: false)
}

private enum AnswerFlag { case wantsHeld, asksToDrain, isSessionOver }

private func answer(
  _ number: Int64, stops: [BeatAnswer.Stop] = [], acknowledged: [AttemptID] = [],
  and flags: [AnswerFlag] = []
) -> WorkerEvent {
  .beatAnswered(
    BeatAnswer(
      session: session, number: number, stops: stops, acknowledged: acknowledged,
      wantsHeld: flags.contains(.wantsHeld), asksToDrain: flags.contains(.asksToDrain),
      isSessionOver: flags.contains(.isSessionOver)))
}

struct WorkerTests {
  @Test func `it opens a session, then claims for all its slots at once`() {
    var worker = Worker(WorkerLimits(slotsMax: 3))
    #expect(worker.apply(.started, at: Sample.at(0)) == [.nameSession])
    #expect(worker.apply(.sessionNamed(session), at: Sample.at(0)) == [.openSession(session)])
    #expect(worker.apply(.sessionOpenFailed(session), at: Sample.at(1)) == [])
    #expect(worker.deadline == Sample.at(milliseconds: 1_100))
    #expect(
      worker.apply(.timeReached, at: Sample.at(milliseconds: 1_100)) == [.openSession(session)])
    #expect(
      worker.apply(.sessionOpened(session, Sample.terms), at: Sample.at(2))
        == [.claim(session, named: [], max: 3)])
  }

  @Test func `what is granted beyond the free slots or twice is not started`() {
    var worker = Sample.openWorker(slots: 2)
    #expect(
      worker.apply(yours([1, 1, 2, 3]), at: Sample.at(0))
        == [.start(Sample.attempt(1)), .start(Sample.attempt(2))])
    #expect(worker.held.count == 2)
  }

  /// The hint may come while the claim that brings the attempt is under way. Asked for again, it
  /// would be granted again, by a lease that is still there when it has long ended.
  @Test func `what was granted is not asked for again, whatever hints say`() {
    var worker = Sample.openWorker(slots: 3)
    _ = worker.apply(.hinted([Sample.attempt(1), Sample.attempt(2)]), at: Sample.at(0))
    let effects = worker.apply(yours([1]), at: Sample.at(0))
    #expect(
      effects == [
        .start(Sample.attempt(1)), .claim(session, named: [Sample.attempt(2)], max: 1),
      ])
  }

  @Test func `a slot is free as soon as its attempt has ended, answered or not`() {
    var worker = Sample.busyWorker([1, 2])
    let effects = worker.apply(
      .executionEnded(Sample.attempt(1), Sample.succeeded), at: Sample.at(1))
    #expect(effects.published.map(\.attempt) == [Sample.attempt(1)])
    #expect(effects.contains(.claim(session, named: [], max: 1)))
    #expect(worker.held.holds(Sample.attempt(1)))
  }

  @Test func `nothing is claimed while too many results wait for their owners`() {
    var worker = Sample.busyWorker([1, 2]) { $0.resultsHeldMax = 1 }
    let effects = worker.apply(
      .executionEnded(Sample.attempt(1), Sample.succeeded), at: Sample.at(0))
    #expect(!effects.contains { if case .claim = $0 { true } else { false } })
    _ = worker.apply(.timeReached, at: Sample.at(1))
    #expect(
      worker.apply(answer(1, acknowledged: [Sample.attempt(1)]), at: Sample.at(1))
        == [.forget(Sample.attempt(1)), .claim(session, named: [], max: 1)])
  }

  @Test func `heartbeats carry count and hash, and the whole set when it was asked for`() throws {
    var worker = Sample.busyWorker([1, 2])
    _ = worker.apply(.executionEnded(Sample.attempt(1), Sample.succeeded), at: Sample.at(0))
    let beat = try #require(worker.apply(.timeReached, at: Sample.at(1)).beats.first)
    #expect(beat.number == 1)
    #expect(beat.heldCount == 2)
    #expect(
      beat.heldHash == HeldSet.hash(of: Sample.attempt(1)) &+ HeldSet.hash(of: Sample.attempt(2)))
    #expect(beat.held == nil)
    #expect(beat.results == [Sample.attempt(1)])
    _ = worker.apply(answer(1, and: [.wantsHeld]), at: Sample.at(1))
    let next = try #require(
      worker.apply(.timeReached, at: Sample.at(milliseconds: 1_050)).beats.first)
    #expect(next.held == [Sample.attempt(1), Sample.attempt(2)])
  }

  @Test func `results are named in turn when they are too many for one heartbeat`() throws {
    var worker = Sample.busyWorker([1, 2, 3], slots: 3) {
      $0.resultsPerBeatMax = 2
      $0.resultsHurryFrom = 100
    }
    for number in 1...3 {
      _ = worker.apply(
        .executionEnded(Sample.attempt(number), Sample.succeeded), at: Sample.at(0))
    }
    var named: [[AttemptID]] = []
    for second in 1...3 {
      let effects = worker.apply(.timeReached, at: Sample.at(Int64(second)))
      named.append(try #require(effects.beats.first).results)
      _ = worker.apply(answer(Int64(second)), at: Sample.at(Int64(second)))
    }
    let expected = [[1, 2], [3, 1], [2, 3]].map { $0.map { Sample.attempt($0) } }
    #expect(named == expected)
  }

  /// Goal: a stop is repeated by the scheduler until it has heard of it.
  /// Method: stop one attempt that runs and one that was never here.
  @Test func `stops are carried out and named in heartbeats until one of these is answered`()
    throws
  {
    var worker = Sample.busyWorker([1])
    _ = worker.apply(.timeReached, at: Sample.at(1))
    let stops = [1, 9].map { BeatAnswer.Stop(Sample.attempt($0), .terminate, reason: "cancel") }
    #expect(
      worker.apply(answer(1, stops: stops), at: Sample.at(1)) == [.terminate(Sample.attempt(1))])
    let first = try #require(worker.apply(.timeReached, at: Sample.at(2)).beats.first)
    #expect(first.stopped == [Sample.attempt(9)])
    let end = worker.apply(
      .executionEnded(Sample.attempt(1), Sample.stopped), at: Sample.at(2))
    #expect(
      end.published.map(\.verdict)
        == [.stopped(Reason(code: "stopped", message: "cancel", since: .start + .seconds(1)))])
    _ = worker.apply(answer(2), at: Sample.at(2))
    let second = try #require(worker.apply(.timeReached, at: Sample.at(3)).beats.first)
    #expect(second.stopped == [Sample.attempt(1)])
    _ = worker.apply(answer(3), at: Sample.at(3))
    #expect(worker.stopsDone.isEmpty)
  }

  /// Goal: the worker never runs under two sessions at once.
  /// Method: one attempt starts, one runs, one result waits; the scheduler ends the session.
  @Test func `when the session is over everything is killed before the next one is named`() {
    var worker = Sample.busyWorker([1, 2, 3], slots: 4)
    _ = worker.apply(.executionEnded(Sample.attempt(3), Sample.succeeded), at: Sample.at(0))
    _ = worker.apply(.hinted([Sample.attempt(4)]), at: Sample.at(0))
    _ = worker.apply(yours([4]), at: Sample.at(0))
    _ = worker.apply(.timeReached, at: Sample.at(1))
    let over = worker.apply(answer(1, and: [.isSessionOver]), at: Sample.at(1))
    #expect(
      over == [
        .kill(Sample.attempt(1)), .kill(Sample.attempt(2)), .forget(Sample.attempt(3)),
      ])
    #expect(
      worker.apply(.executionEnded(Sample.attempt(1), Sample.stopped), at: Sample.at(1))
        == [.forget(Sample.attempt(1))])
    #expect(
      worker.apply(.timeReached, at: Sample.at(2)) == [.kill(Sample.attempt(2))],
      "killed again while it has not ended")
    _ = worker.apply(.executionEnded(Sample.attempt(2), Sample.stopped), at: Sample.at(2))
    #expect(
      worker.apply(.executionStarted(Sample.attempt(4)), at: Sample.at(2)) == [
        .kill(Sample.attempt(4))
      ])
    #expect(
      worker.apply(.executionEnded(Sample.attempt(4), Sample.succeeded), at: Sample.at(2)) == [
        .forget(Sample.attempt(4)), .closeSession(session), .nameSession,
      ])
    #expect(
      worker.apply(.sessionNamed(Sample.nextSession), at: Sample.at(2))
        == [.openSession(Sample.nextSession)])
    #expect(worker.apply(yours([5]), at: Sample.at(2)) == [], "granted to the old session")
  }

  @Test func `a session that nobody confirms is over when its lease is`() {
    var worker = Sample.busyWorker([1])
    _ = worker.apply(.timeReached, at: Sample.at(1))
    #expect(
      worker.apply(.beatFailed(session, number: 1), at: Sample.at(29)).isEmpty)
    #expect(worker.apply(.timeReached, at: Sample.at(30)) == [.kill(Sample.attempt(1))])
    #expect(
      worker.phase == .ending(session, isLast: false, pauseUntil: Sample.at(milliseconds: 30_200)))
  }

  @Test func `sessions that end at once do not follow each other without a pause`() {
    var worker = Sample.openWorker()
    let over = WorkerEvent.claimAnswered(session, [], isSessionOver: true)
    #expect(worker.apply(over, at: Sample.at(0)) == [])
    #expect(worker.deadline == Sample.at(milliseconds: 200))
    #expect(
      worker.apply(.timeReached, at: Sample.at(milliseconds: 200))
        == [.closeSession(session), .nameSession])
  }

  @Test func `the lease of a new session counts from when it was asked for`() {
    var worker = Worker()
    _ = worker.apply(.started, at: Sample.at(0))
    _ = worker.apply(.sessionNamed(session), at: Sample.at(1))
    _ = worker.apply(.sessionOpened(session, Sample.terms), at: Sample.at(5))
    #expect(worker.phase.session?.reliableUntil == Sample.at(31))
  }

  @Test func `draining lets what runs finish, then gives the session back`() {
    var worker = Sample.busyWorker([1], slots: 1)
    #expect(worker.apply(.drainAsked, at: Sample.at(0)) == [])
    #expect(worker.apply(.hinted([Sample.attempt(7)]), at: Sample.at(0)) == [])
    _ = worker.apply(.executionEnded(Sample.attempt(1), Sample.succeeded), at: Sample.at(1))
    #expect(worker.phase.isDraining)
    let beats = worker.apply(.timeReached, at: Sample.at(2)).beats
    #expect(beats.map(\.isDraining) == [true] || worker.phase.session?.beats == 1)
    #expect(
      worker.apply(answer(1, acknowledged: [Sample.attempt(1)]), at: Sample.at(2))
        == [.forget(Sample.attempt(1)), .closeSession(session)])
    #expect(worker.apply(.sessionClosed(session), at: Sample.at(2)) == [.finish])
    #expect(worker.phase == .over)
  }

  @Test func `what does not finish in time is stopped, killed and handed back as lost`() throws {
    var worker = Sample.busyWorker([1], slots: 1) { $0.drainWithin = .seconds(3) }
    _ = worker.apply(.drainAsked, at: Sample.at(0))
    let stop = worker.apply(.timeReached, at: Sample.at(3))
    #expect(stop.contains(.terminate(Sample.attempt(1))))
    _ = worker.apply(answer(1), at: Sample.at(3))
    #expect(worker.apply(.timeReached, at: Sample.at(13)).contains(.kill(Sample.attempt(1))))
    let end = worker.apply(
      .executionEnded(Sample.attempt(1), Sample.stopped), at: Sample.at(13))
    let result = try #require(end.published.first)
    guard case .lost(let reason) = result.verdict else {
      Issue.record("\(result.verdict)")
      return
    }
    #expect(reason.code == "worker-drained")
    #expect(
      worker.apply(.timeReached, at: Sample.at(18)).contains(.closeSession(session)),
      "it does not wait for answers for ever")
  }

  @Test func `a long grace does not hold a drain up`() {
    let limits = AttemptLimits(grace: .seconds(3_600))
    var worker = Sample.busyWorker([1], slots: 1, limits: limits) {
      ($0.drainWithin, $0.evictWithin) = (.seconds(3), .seconds(4))
    }
    _ = worker.apply(.drainAsked, at: Sample.at(0))
    #expect(
      worker.apply(.timeReached, at: Sample.at(3)).contains(.terminate(Sample.attempt(1))))
    #expect(!worker.apply(.timeReached, at: Sample.at(6)).contains(.kill(Sample.attempt(1))))
    #expect(worker.deadline.map { $0 <= Sample.at(7) } == true)
    #expect(worker.apply(.timeReached, at: Sample.at(7)).contains(.kill(Sample.attempt(1))))
  }

  @Test func `the scheduler can ask to drain`() {
    var worker = Sample.busyWorker([])
    _ = worker.apply(.timeReached, at: Sample.at(1))
    #expect(worker.apply(answer(1, and: [.asksToDrain]), at: Sample.at(1)) == [])
    #expect(
      worker.apply(.claimFailed(session), at: Sample.at(1)) == [.closeSession(session)],
      "what the claim under way brings is waited for")
  }

  @Test func `a worker without a session is over at once when drained`() {
    var idle = Worker()
    #expect(idle.apply(.drainAsked, at: Sample.at(0)) == [.finish])
    var opening = Worker()
    _ = opening.apply(.started, at: Sample.at(0))
    _ = opening.apply(.sessionNamed(session), at: Sample.at(0))
    #expect(opening.apply(.drainAsked, at: Sample.at(0)) == [.closeSession(session)])
    #expect(opening.apply(.sessionClosed(session), at: Sample.at(0)) == [.finish])
  }

  @Test func `a hint about something held is not asked for`() {
    var worker = Sample.busyWorker([1], slots: 2)
    #expect(worker.apply(.hinted([Sample.attempt(1)]), at: Sample.at(0)) == [])
    #expect(
      worker.apply(.hinted([Sample.attempt(2)]), at: Sample.at(0))
        == [.claim(session, named: [Sample.attempt(2)], max: 1)])
  }
}
