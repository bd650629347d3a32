import Domain
import Testing

struct LookupTests {
  @Test func `a map gives back what was put in, and what is taken out is gone`() {
    var map = LookupMap<String, Int>()
    #expect(map.isEmpty && map["a"] == nil)
    map["a"] = 1
    map["b"] = 2
    map["a"] = 3
    #expect(map.count == 2)
    #expect(map["a"] == 3)
    let taken = map.removeValue(for: "a")
    let nothing = map.removeValue(for: "a")
    #expect(taken == 3 && nothing == nil)
    map["b"] = nil
    #expect(map.isEmpty)
    map["c"] = 4
    map.removeAll()
    #expect(map["c"] == nil)
  }

  @Test func `a set has each element once`() {
    var set = LookupSet([1, 2, 2])
    #expect(set.count == 2)
    let isOldNew = set.insert(2)
    let isNewNew = set.insert(3)
    #expect(!isOldNew && isNewNew)
    set.remove(1)
    set.remove(7)
    #expect(!set.contains(1) && set.contains(3))
    #expect(set == LookupSet([3, 2]))
    #expect(set != LookupSet([3]))
  }
}
