import Domain
import Testing

@testable import SchedulerCore

@Suite struct OfferWindowTests {
  let pool = PoolName.default
  let runs = (0..<3).map { RunID(SortableID(high: 1, low: UInt64($0))) }

  @Test func `runs take turns while the pool has room`() {
    var window = OfferWindow(sizeMin: 4)
    for run in runs { window.enqueue(run, of: .default, .normal, in: pool) }
    window.enqueue(runs[0], of: .default, .normal, in: pool)
    var turns: [RunID] = []
    while turns.count < 4, let run = window.nextTurn(in: pool) {
      turns.append(run)
      window.account(before: [:], after: [pool: 1])
      window.enqueue(run, of: .default, .normal, in: pool)
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

  /// Draws turns while everybody wants more, and counts whose they were.
  private func turns(
    _ count: Int, _ waiting: [(run: RunID, namespace: String, priority: Priority)]
  ) -> SortedMap<RunID, Int> {
    var window = OfferWindow(sizeMin: count)
    func enqueue(_ item: (run: RunID, namespace: String, priority: Priority)) {
      window.enqueue(
        item.run, of: NamespaceName(unchecked: item.namespace), item.priority, in: pool)
    }
    for item in waiting { enqueue(item) }
    var turns: SortedMap<RunID, Int> = [:]
    while let run = window.nextTurn(in: pool), let item = waiting.first(where: { $0.run == run }) {
      turns[run, default: 0] += 1
      window.account(before: [:], after: [pool: 1])
      enqueue(item)
    }
    return turns
  }

  /// Goal: S5. A tenant with a hundred runs does not hold back one with a single run.
  @Test func `namespaces take turns, however many runs they have`() {
    let many = (0..<100).map { number in
      (run: RunID(SortableID(high: 2, low: UInt64(number))), namespace: "many", Priority.urgent)
    }
    let one = (run: runs[0], namespace: "one", Priority.low)
    let turns = turns(200, many.map { ($0.0, $0.1, $0.2) } + [(one.0, one.1, one.2)])
    #expect(turns[runs[0]] == 100)
    #expect(many.allSatisfy { turns[$0.run] == 1 })
  }

  @Test func `priorities have their shares, and the highest comes first`() {
    let waiting = zip(Priority.allCases, 0...).map { priority, number in
      (run: RunID(SortableID(high: 3, low: UInt64(number))), namespace: "n", priority: priority)
    }
    let turns = turns(150, waiting)
    #expect(waiting.map { turns[$0.run] } == [10, 20, 40, 80])
    var window = OfferWindow(sizeMin: 4)
    for item in waiting { window.enqueue(item.run, of: .default, item.priority, in: pool) }
    var order: [RunID] = []
    while let run = window.nextTurn(in: pool) { order.append(run) }
    #expect(order == waiting.reversed().map(\.run))
  }

  @Test func `a run that is the only one of its priority gets every turn`() {
    #expect(turns(50, [(runs[1], "n", .low)])[runs[1]] == 50)
  }
}
