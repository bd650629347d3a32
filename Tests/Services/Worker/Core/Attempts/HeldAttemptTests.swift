import Domain
import Testing

@testable import WorkerCore

private typealias Phase = HeldAttempt.Phase
private typealias Event = HeldAttempt.Event
private typealias Effect = HeldAttempt.Effect

/// One pair of the table: in this phase, at second 60, the event leads there with these effects.
private struct Pair: CustomStringConvertible, Sendable {
  let phase: Phase
  let event: Event
  let next: Phase
  let effects: [Effect]

  init(_ phase: Phase, _ event: Event, _ next: Phase, _ effects: [Effect] = []) {
    self.phase = phase
    self.event = event
    self.next = next
    self.effects = effects
  }

  var description: String { "\(phase) on \(event)" }
}

private let cancel = StopCause.asked("cancelled")
private let now = Sample.at(60)
private let limits = AttemptLimits(
  attempt: .seconds(60), silence: .seconds(20), grace: .seconds(10))

/// Brings a new attempt into the phase; the instants in it lie at second 60 or before.
private func make(_ phase: Phase) -> HeldAttempt {
  var attempt = HeldAttempt(limits: limits, killAgainAfter: .seconds(1), at: Sample.at(0))
  switch phase {
  case .starting: break
  case .unwanted(let cause, let force):
    _ = attempt.apply(.stopAsked(cause, force), at: Sample.at(0))
  case .running(let lastSign):
    _ = attempt.apply(.started, at: lastSign)
  case .stopping(let cause, let killAt):
    _ = attempt.apply(.started, at: Sample.at(0))
    _ = attempt.apply(.stopAsked(cause, .terminate), at: killAt + .seconds(-10))
  case .killing(let cause, let againAt):
    _ = attempt.apply(.started, at: Sample.at(0))
    _ = attempt.apply(.stopAsked(cause, .kill), at: againAt + .seconds(-1))
  }
  return attempt
}

private let running = Phase.running(lastSign: Sample.at(59))
private let stopping = Phase.stopping(cancel, killAt: Sample.at(60))
private let killing = Phase.killing(cancel, againAt: Sample.at(60))
private let unwanted = Phase.unwanted(cancel, .terminate)
private let again = Phase.killing(cancel, againAt: Sample.at(61))

private let table: [Pair] = [
  Pair(.starting, .started, .running(lastSign: now)),
  Pair(.starting, .printed, .starting),
  Pair(.starting, .stopAsked(cancel, .terminate), unwanted),
  Pair(.starting, .stopAsked(cancel, .kill), .unwanted(cancel, .kill)),
  Pair(.starting, .timeReached, .unwanted(.ranTooLong, .terminate)),
  Pair(unwanted, .started, .stopping(cancel, killAt: Sample.at(70)), [.terminate]),
  Pair(.unwanted(cancel, .kill), .started, again, [.kill]),
  Pair(unwanted, .printed, unwanted),
  Pair(unwanted, .timeReached, unwanted),
  Pair(unwanted, .stopAsked(.drained, .kill), .unwanted(cancel, .kill)),
  Pair(.unwanted(cancel, .kill), .stopAsked(.drained, .terminate), .unwanted(cancel, .kill)),
  Pair(unwanted, .stopAsked(.sessionOver, .kill), .unwanted(.sessionOver, .kill)),
  Pair(running, .started, running),
  Pair(running, .printed, .running(lastSign: now)),
  Pair(
    running, .stopAsked(cancel, .terminate), .stopping(cancel, killAt: Sample.at(70)),
    [.terminate]),
  Pair(running, .stopAsked(cancel, .kill), again, [.kill]),
  Pair(
    running, .timeReached, .stopping(.ranTooLong, killAt: Sample.at(70)), [.terminate]),
  Pair(stopping, .started, stopping),
  Pair(stopping, .printed, stopping),
  Pair(stopping, .stopAsked(.drained, .terminate), stopping),
  Pair(stopping, .stopAsked(.drained, .kill), again, [.kill]),
  Pair(stopping, .timeReached, again, [.kill]),
  Pair(killing, .started, killing),
  Pair(killing, .printed, killing),
  Pair(killing, .stopAsked(.drained, .terminate), killing),
  Pair(
    killing, .stopAsked(.sessionOver, .kill),
    .killing(.sessionOver, againAt: Sample.at(60))),
  Pair(killing, .timeReached, again, [.kill]),
]

struct HeldAttemptTests {
  @Test(arguments: table)
  fileprivate func `every pair of phase and event leads where the table says`(_ pair: Pair) {
    var attempt = make(pair.phase)
    #expect(attempt.phase == pair.phase)
    #expect(attempt.apply(pair.event, at: now) == pair.effects)
    #expect(attempt.phase == pair.next)
  }

  @Test func `silence is counted from the last sign, not from the start`() {
    var attempt = make(.running(lastSign: Sample.at(15)))
    #expect(attempt.deadline == Sample.at(35))
    #expect(attempt.apply(.printed, at: Sample.at(30)) == [])
    #expect(attempt.apply(.timeReached, at: Sample.at(49)) == [])
    #expect(attempt.apply(.timeReached, at: Sample.at(50)) == [.terminate])
    #expect(attempt.cause == .wasSilent)
  }

  @Test func `without limits nothing but an order stops it`() {
    var attempt = HeldAttempt(
      limits: AttemptLimits(), killAgainAfter: .seconds(1), at: Sample.at(0))
    _ = attempt.apply(.started, at: Sample.at(0))
    #expect(attempt.deadline == nil)
    #expect(attempt.apply(.timeReached, at: .distantFuture) == [])
  }

  @Test func `what ended by itself before the stop arrived is reported as it ended`() {
    let attempt = make(stopping)
    #expect(attempt.verdict(on: Sample.succeeded) == .succeeded(outputs: [:]))
    #expect(
      attempt.verdict(on: Sample.failed)
        == .failed(exitCode: 1, Sample.reason("exit-code")))
  }

  @Test(arguments: [
    (StopCause.asked("why"), "stopped"), (.ranTooLong, "attempt-timeout"),
    (.wasSilent, "heartbeat-timeout"), (.drained, "worker-drained"),
  ])
  func `what was stopped is reported by its cause`(_ cause: StopCause, _ code: String) throws {
    let attempt = make(.stopping(cause, killAt: Sample.at(60)))
    let verdict = try #require(attempt.verdict(on: Sample.stopped))
    switch (cause, verdict) {
    case (.asked, .stopped(let reason)), (.ranTooLong, .timedOut(let reason)),
      (.wasSilent, .timedOut(let reason)), (.drained, .lost(let reason)):
      #expect(reason.code == code)
      #expect(reason.since == .start + .seconds(1))
    case (_, _):
      Issue.record("\(cause) became \(verdict)")
    }
  }

  @Test func `what nobody can tell is lost, whatever was asked of it`() {
    let unknown = Sample.execution(.unknown(Sample.reason("gone")))
    let never = Sample.execution(.notStarted(Sample.reason("full")))
    for phase in [running, stopping, killing, unwanted] {
      #expect(make(phase).verdict(on: unknown) == .lost(Sample.reason("gone")))
      #expect(make(phase).verdict(on: never) == .lost(Sample.reason("full")))
    }
    #expect(make(running).verdict(on: Sample.stopped) == .lost(Sample.reason("stopped")))
  }

  @Test func `an attempt of a session that is over has no last word`() {
    let attempt = make(.killing(.sessionOver, againAt: Sample.at(60)))
    #expect(attempt.verdict(on: Sample.succeeded) == nil)
  }
}
