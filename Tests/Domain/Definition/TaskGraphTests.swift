import Testing

@testable import Domain

@Suite struct TaskGraphTests {
  @Test func `orders tasks after what they need and counts the depth`() {
    let graph = TaskGraph(needs: [[1, 2], [3], [3], []])
    #expect(graph.isAcyclic)
    #expect(graph.depths == [3, 2, 2, 1])
    #expect(graph.order.first == 3)
    #expect(graph.order.last == 0)
    #expect(graph.cycles(max: 10).isEmpty)
  }

  @Test func `reports one shortest cycle for each group of tasks that wait for each other`() {
    // 0 → 1 → 2 → 0 with the short cut 1 → 0; 3 ⇄ 4; 5 waits for a cycle and is on none.
    let graph = TaskGraph(needs: [[1], [2, 0], [0], [4], [3], [0], []])
    #expect(!graph.isAcyclic)
    #expect(Set(graph.cycles(max: 10)) == [[0, 1], [3, 4]])
    #expect(graph.cycles(max: 1).count == 1)
    #expect(graph.depths[5] == 0)
    #expect(graph.depths[6] == 1)
  }

  @Test func `a chain of ten thousand and a cycle of ten thousand need no stack`() {
    let count = 10_000
    let chain = TaskGraph(needs: (0..<count).map { $0 + 1 < count ? [$0 + 1] : [] })
    #expect(chain.depths[0] == count)
    let ring = TaskGraph(needs: (0..<count).map { [($0 + 1) % count] })
    #expect(ring.cycles(max: 1).first?.count == count)
  }

  /// Goal: ancestry, order and cycles agree with a slow search that needs no thought.
  @Test func `random graphs agree with a plain search`() {
    var random = SeededRandom(11)
    for _ in 0..<300 {
      let count = Int(random.next() % 12) + 1
      let needs = (0..<count).map { _ in
        (0..<count).filter { _ in random.next() % 6 == 0 }
      }
      .enumerated().map { node, wanted in wanted.filter { $0 != node } }
      let graph = TaskGraph(needs: needs)
      let reach = needs.indices.map { reachable(from: $0, needs) }
      #expect(graph.isAcyclic == reach.indices.allSatisfy { !reach[$0].contains($0) })
      let ancestry = TaskAncestry(of: graph)
      for node in graph.order {
        for other in needs.indices {
          #expect(ancestry.contains(other, of: node) == reach[node].contains(other))
        }
      }
      for cycle in graph.cycles(max: 100) {
        for (place, node) in cycle.enumerated() {
          #expect(needs[node].contains(cycle[(place + 1) % cycle.count]))
        }
      }
    }
  }

  private func reachable(from start: Int, _ needs: [[Int]]) -> Set<Int> {
    var found: Set<Int> = []
    var pending = needs[start]
    while let node = pending.popLast() {
      if found.insert(node).inserted { pending += needs[node] }
    }
    return found
  }
}
