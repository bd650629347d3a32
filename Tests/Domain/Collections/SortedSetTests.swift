import Domain
import Testing

@Suite struct SortedSetTests {
  @Test func `it behaves as a set that is sorted`() {
    for seed in 0..<200 {
      var random = SeededRandom(UInt64(seed))
      var set = SortedSet<Int>()
      var model: Set<Int> = []
      for _ in 0..<60 {
        let member = random.below(15)
        if random.below(3) == 0 {
          #expect(set.remove(member) == (model.remove(member) != nil))
        } else {
          #expect(set.insert(member) == model.insert(member).inserted)
        }
        #expect(set.members == model.sorted())
        #expect(Array(set) == set.members)
        #expect(set.contains(member) == model.contains(member))
        #expect(set.count == model.count && set.isEmpty == model.isEmpty)
        #expect(set.first == model.min() && set.last == model.max())
      }
      #expect(SortedSet(model) == set)
    }
  }

  @Test func `members come once, in order, from any sequence`() {
    #expect(SortedSet([3, 1, 2, 3, 1]).members == [1, 2, 3])
    let literal: SortedSet = ["b", "a", "b"]
    #expect(literal.members == ["a", "b"])
    #expect([0, 1, 2, 4].map(SortedSet([1, 3]).lowerBound(of:)) == [0, 0, 1, 2])
  }
}
