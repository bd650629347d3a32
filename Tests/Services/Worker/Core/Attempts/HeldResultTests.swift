import Domain
import Testing

@testable import WorkerCore

struct HeldResultTests {
  private let limits = WorkerLimits()

  @Test func `a published result is published again until it is forgotten`() {
    var held = HeldResult(Sample.result(1))
    #expect(held.deadline == nil)
    #expect(held.apply(.published, limits, at: Sample.at(0)) == false)
    #expect(held.deadline == Sample.at(5))
    #expect(held.apply(.timeReached, limits, at: Sample.at(4)) == false)
    #expect(held.apply(.timeReached, limits, at: Sample.at(5)) == true)
    #expect(held.phase == .publishing(tries: 2))
    #expect(held.apply(.published, limits, at: Sample.at(5)) == false)
    #expect(held.deadline == Sample.at(15))
  }

  @Test func `a result that did not reach the bus is tried again sooner`() {
    var held = HeldResult(Sample.result(1))
    #expect(held.apply(.publishFailed, limits, at: Sample.at(0)) == false)
    #expect(held.deadline == Sample.at(milliseconds: 100))
    #expect(held.apply(.timeReached, limits, at: Sample.at(milliseconds: 99)) == false)
    #expect(held.apply(.timeReached, limits, at: Sample.at(milliseconds: 100)) == true)
  }

  @Test func `late answers about an earlier publication change nothing`() {
    var held = HeldResult(Sample.result(1))
    _ = held.apply(.published, limits, at: Sample.at(0))
    let before = held
    #expect(held.apply(.published, limits, at: Sample.at(1)) == false)
    #expect(held.apply(.publishFailed, limits, at: Sample.at(1)) == false)
    #expect(held == before)
    var waiting = HeldResult(Sample.result(1))
    _ = waiting.apply(.publishFailed, limits, at: Sample.at(0))
    let waited = waiting
    #expect(waiting.apply(.published, limits, at: Sample.at(0)) == false)
    #expect(waiting.apply(.publishFailed, limits, at: Sample.at(0)) == false)
    #expect(waiting == waited)
  }
}
