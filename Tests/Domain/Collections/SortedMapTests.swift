import Domain
import Testing

@Suite struct SortedMapTests {
  @Test func `of pairs with one key the last wins`() {
    let map = SortedMap([("b", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)])
    #expect(map.keys == ["a", "b"])
    #expect(map.values == [4, 5])
    let literal: SortedMap<String, Int> = ["b": 1, "a": 2, "b": 3]
    #expect(literal == SortedMap([("a", 2), ("b", 3)]))
  }

  /// Goal: it is a map in the order of its keys.
  /// Method: random operations on it and on a standard dictionary.
  @Test func `it behaves as a dictionary that is sorted`() {
    for seed in 0..<200 {
      var random = SeededRandom(UInt64(seed))
      var map = SortedMap<Int, Int>()
      var model: [Int: Int] = [:]
      for _ in 0..<100 {
        let (key, value) = (random.below(12), random.below(100))
        switch random.below(7) {
        case 0: #expect(map.removeValue(for: key) == model.removeValue(forKey: key))
        case 1: (map[key], model[key]) = (nil, nil)
        case 2:
          map[key, default: 7] += 1
          model[key, default: 7] += 1
        case 3:
          let answer = map.update(key) { element in
            element += 2
            return element
          }
          #expect(answer == model[key].map { $0 + 2 })
          model[key] = answer
        default: (map[key], model[key]) = (value, value)
        }
        #expect(map.keys == model.keys.sorted())
        #expect(map.map(\.value) == map.keys.map { model[$0] })
        #expect(map[key] == model[key])
        #expect(map[key, default: -1] == model[key] ?? -1)
        #expect(map.count == model.count && map.isEmpty == model.isEmpty)
        #expect(map.first?.key == model.keys.min() && map.last?.key == model.keys.max())
      }
      #expect(SortedMap(model.map { ($0, $1) }) == map)
    }
  }

  @Test func `the lower bound is the first key that is not smaller`() {
    let map: SortedMap<Int, String> = [10: "a", 20: "b", 30: "c"]
    #expect([5, 10, 11, 20, 30, 31].map(map.lowerBound(of:)) == [0, 0, 1, 1, 2, 3])
    #expect(SortedMap<Int, String>().lowerBound(of: 1) == 0)
  }

  @Test func `reading with a default does not insert, and iteration is a snapshot`() {
    var map: SortedMap<Int, Int> = [1: 1, 2: 2]
    #expect(map[3, default: 9] == 9)
    #expect(map.count == 2)
    for (key, value) in map { map[key + 10] = value }
    #expect(map.keys == [1, 2, 11, 12])
    #expect(map.mapValues { $0 * 10 } == [1: 10, 2: 20, 11: 10, 12: 20])
  }

  @Test func `equal maps are equal and hash alike whatever their history`() {
    var grown: SortedMap<String, Int> = ["z": 0, "b": 2, "a": 1]
    grown["z"] = nil
    let made: SortedMap<String, Int> = ["a": 1, "b": 2]
    #expect(grown == made)
    #expect(grown.hashValue == made.hashValue)
    #expect(made != ["a": 1, "b": 3])
  }
}
