import Domain
import Testing

@testable import SchedulerCore

@Suite struct OfferWindowTests {
  let pool = PoolName.default
  let runs = (0..<3).map { RunID(SortableID(high: 1, low: UInt64($0))) }

  @Test func `runs take turns while the pool has room`() {
    var window = OfferWindow(sizeMin: 4)
    for run in runs { window.enqueue(run, in: pool) }
    window.enqueue(runs[0], in: pool)
    var turns: [RunID] = []
    while turns.count < 4, let run = window.nextTurn(in: pool) {
      turns.append(run)
      window.account(before: [:], after: [pool: 1])
      window.enqueue(run, in: pool)
    }
    #expect(turns == [runs[0], runs[1], runs[2], runs[0]])
    #expect(window.nextTurn(in: pool) == nil)
    window.account(before: [pool: 1], after: [:])
    #expect(window.nextTurn(in: pool) == runs[1])
  }

  @Test func `the window is twice the slots and never below its least size`() {
    var window = OfferWindow(sizeMin: 64)
    window.learn(slots: [pool: 10])
    #expect(window.size(of: pool) == 64)
    window.learn(slots: [pool: 100])
    #expect(window.size(of: pool) == 200)
    #expect(window.emptied.size(of: pool) == 200)
  }
}
