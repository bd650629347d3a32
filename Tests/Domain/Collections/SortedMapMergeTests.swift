import Domain
import Testing

@Suite struct SortedMapMergeTests {
  @Test func `of equal keys the last one wins, and wins over what was there`() {
    var map: SortedMap<Int, String> = [1: "a", 3: "c"]
    map.merge([(5, "e"), (3, "x"), (2, "b"), (3, "y"), (5, "z")])
    #expect(map == [1: "a", 2: "b", 3: "y", 5: "z"])
    #expect(map.keys == [1, 2, 3, 5])
  }

  /// Method: the same pairs one by one, in every order that a small generator comes up with.
  @Test func `merging is what inserting one by one is`() {
    var state: UInt64 = 5
    func next(_ bound: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % bound)
    }
    for _ in 0..<500 {
      var merged: SortedMap<Int, Int> = [:]
      var inserted: SortedMap<Int, Int> = [:]
      for _ in 0..<next(4) {
        let pairs = (0..<next(8)).map { _ in (next(10), next(100)) }
        merged.merge(pairs)
        for (key, value) in pairs { inserted[key] = value }
      }
      #expect(merged == inserted)
    }
  }
}
