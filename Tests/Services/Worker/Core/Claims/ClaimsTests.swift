import Domain
import Testing

@testable import WorkerCore

struct ClaimsTests {
  private let limits = WorkerLimits(hintsMax: 4)

  @Test func `the pools are asked at once, and then with growing waits while they are empty`() {
    var claims = Claims(at: Sample.at(0))
    var now = Sample.at(0)
    var waits: [Int64] = []
    for _ in 0..<8 {
      #expect(claims.next(free: 3, at: now)?.max == 3)
      #expect(claims.next(free: 3, at: now) == nil, "one claim at a time")
      claims.answered(granted: 0, unknown: [], limits, at: now)
      let due = claims.deadline ?? .distantFuture
      waits.append((due - now).wholeMilliseconds)
      now = due
    }
    #expect(waits == [20, 40, 80, 160, 320, 640, 1000, 1000])
  }

  @Test func `a hint is asked for at once, whatever the wait`() {
    var claims = Claims(at: Sample.at(0))
    _ = claims.next(free: 1, at: Sample.at(0))
    claims.answered(granted: 0, unknown: [], limits, at: Sample.at(0))
    #expect(claims.next(free: 1, at: Sample.at(0)) == nil)
    claims.add([Sample.attempt(1)], limits)
    #expect(claims.next(free: 1, at: Sample.at(0))?.named == [Sample.attempt(1)])
  }

  @Test func `between two looks at the pools only what hints named is asked for`() {
    var claims = Claims(at: Sample.at(0))
    _ = claims.next(free: 3, at: Sample.at(0))
    claims.answered(granted: 0, unknown: [], limits, at: Sample.at(0))
    claims.add([Sample.attempt(1)], limits)
    let hinted = claims.next(free: 3, at: Sample.at(milliseconds: 5))
    #expect(hinted?.max == 1)
    claims.granted(Sample.attempt(1))
    claims.answered(granted: 1, unknown: [], limits, at: Sample.at(milliseconds: 6))
    #expect(
      claims.deadline == Sample.at(milliseconds: 20), "the pools are asked when they were due")
    claims.add([Sample.attempt(2)], limits)
    let both = claims.next(free: 2, at: Sample.at(milliseconds: 20))
    #expect(both?.named == [Sample.attempt(2)])
    #expect(both?.max == 2)
  }

  @Test func `no more hints are named than slots are free, and the rest stays in order`() {
    var claims = Claims(at: Sample.at(0))
    claims.add((1...6).map { Sample.attempt($0) }, limits)
    claims.add([Sample.attempt(2)], limits)
    #expect(claims.hints.all == (1...4).map { Sample.attempt($0) })
    #expect(claims.next(free: 3, at: Sample.at(0))?.named == (1...3).map { Sample.attempt($0) })
    #expect(claims.hints.all == [Sample.attempt(4)])
    #expect(claims.next(free: 0, at: Sample.at(0)) == nil)
  }

  @Test func `hints that were dropped are made up for by asking the pools`() {
    var claims = Claims(at: Sample.at(0))
    _ = claims.next(free: 4, at: Sample.at(0))
    claims.answered(granted: 0, unknown: [], limits, at: Sample.at(0))
    claims.add((1...6).map { Sample.attempt($0) }, limits)
    #expect(claims.next(free: 2, at: Sample.at(1))?.max == 2, "there are hints enough")
    claims.answered(granted: 2, unknown: [], limits, at: Sample.at(1))
    let rest = claims.next(free: 4, at: Sample.at(1))
    #expect(rest?.named.count == 2)
    #expect(rest?.max == 4, "what was dropped is asked for")
    claims.answered(granted: 4, unknown: [], limits, at: Sample.at(1))
    #expect(claims.next(free: 4, at: Sample.at(1))?.named == [])
  }

  @Test func `a full answer is followed by the next claim at once`() {
    var claims = Claims(at: Sample.at(0))
    _ = claims.next(free: 2, at: Sample.at(0))
    claims.answered(granted: 2, unknown: [], limits, at: Sample.at(0))
    #expect(claims.deadline == Sample.at(0))
    _ = claims.next(free: 2, at: Sample.at(0))
    claims.answered(granted: 1, unknown: [], limits, at: Sample.at(0))
    #expect(claims.deadline == Sample.at(milliseconds: 20))
  }

  @Test func `what hints bring does not make it ask more often: hints tell of what comes later`() {
    var claims = Claims(at: Sample.at(0))
    for _ in 0..<10 {
      _ = claims.next(free: 3, at: claims.deadline ?? .start)
      claims.answered(granted: 0, unknown: [], limits, at: Sample.at(0))
    }
    claims.add([Sample.attempt(1)], limits)
    _ = claims.next(free: 3, at: Sample.at(0))
    claims.granted(Sample.attempt(1))
    claims.answered(granted: 1, unknown: [], limits, at: Sample.at(0))
    #expect(claims.deadline == Sample.at(milliseconds: 1_000))
  }

  @Test func `what no hint told of makes it ask again soon: hints are late or lost`() {
    var claims = Claims(at: Sample.at(0))
    for _ in 0..<10 {
      _ = claims.next(free: 3, at: claims.deadline ?? .start)
      claims.answered(granted: 0, unknown: [], limits, at: Sample.at(0))
    }
    _ = claims.next(free: 3, at: claims.deadline ?? .start)
    claims.granted(Sample.attempt(1))
    claims.answered(granted: 1, unknown: [], limits, at: Sample.at(0))
    #expect(claims.deadline == Sample.at(milliseconds: 20))
  }

  @Test func `what had no clear answer is named again, but not in a circle`() {
    var claims = Claims(at: Sample.at(0))
    claims.add([Sample.attempt(1), Sample.attempt(2)], limits)
    _ = claims.next(free: 2, at: Sample.at(0))
    claims.answered(granted: 0, unknown: [Sample.attempt(2)], limits, at: Sample.at(0))
    #expect(claims.next(free: 2, at: Sample.at(0)) == nil)
    #expect(
      claims.next(free: 2, at: Sample.at(milliseconds: 20))?.named == [Sample.attempt(2)])
    claims.failed(limits, at: Sample.at(milliseconds: 20))
    #expect(
      claims.next(free: 2, at: Sample.at(milliseconds: 60))?.named == [Sample.attempt(2)])
  }

  @Test func `answers that nobody waits for change nothing`() {
    var claims = Claims(at: Sample.at(5))
    let before = claims
    claims.answered(granted: 1, unknown: [Sample.attempt(1)], limits, at: Sample.at(6))
    claims.failed(limits, at: Sample.at(6))
    #expect(claims == before)
  }
}
