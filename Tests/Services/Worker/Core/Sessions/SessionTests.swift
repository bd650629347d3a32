import Domain
import Testing

@testable import WorkerCore

struct SessionTests {
  private let limits = WorkerLimits()

  @Test func `it beats at its pace, counted from when the beat was sent`() {
    var session = Session(Sample.session, Sample.terms, at: Sample.at(0))
    #expect(session.next(stopped: [], at: Sample.at(milliseconds: 999)) == nil)
    #expect(session.next(stopped: [], at: Sample.at(1)) == 1)
    #expect(session.next(stopped: [], at: Sample.at(9)) == nil, "one beat at a time")
    #expect(session.answered(1, wantsHeld: false, at: Sample.at(milliseconds: 1_400)) == [])
    #expect(session.deadline == Sample.at(2))
    #expect(session.reliableUntil == Sample.at(31))
  }

  @Test func `the lease counts from the sending of the last answered beat`() {
    var session = Session(Sample.session, Sample.terms, at: Sample.at(0))
    _ = session.next(stopped: [], at: Sample.at(1))
    session.failed(1, limits, at: Sample.at(11))
    #expect(session.reliableUntil == Sample.at(30))
    #expect(session.deadline == Sample.at(11) + .milliseconds(250))
    #expect(session.next(stopped: [], at: Sample.at(12)) == 2)
    #expect(session.answered(1, wantsHeld: true, at: Sample.at(12)) == nil, "an older beat")
    #expect(session.answered(2, wantsHeld: true, at: Sample.at(20)) == [])
    #expect(session.reliableUntil == Sample.at(42))
    #expect(session.wantsHeld)
  }

  @Test func `it can be hurried, down to the shortest time between beats`() {
    var session = Session(Sample.session, Sample.terms, at: Sample.at(0))
    _ = session.next(stopped: [], at: Sample.at(1))
    session.hurry(limits)
    #expect(session.deadline == Sample.at(30), "not while a beat is under way")
    _ = session.answered(1, wantsHeld: false, at: Sample.at(milliseconds: 1_010))
    session.hurry(limits)
    #expect(session.deadline == Sample.at(milliseconds: 1_050))
  }

  @Test func `stops count as told once the beat that named them is answered`() {
    var session = Session(Sample.session, Sample.terms, at: Sample.at(0))
    _ = session.next(stopped: [Sample.attempt(1)], at: Sample.at(1))
    #expect(
      session.answered(1, wantsHeld: false, at: Sample.at(1)) == [Sample.attempt(1)])
    #expect(session.answered(1, wantsHeld: false, at: Sample.at(1)) == nil)
  }
}
