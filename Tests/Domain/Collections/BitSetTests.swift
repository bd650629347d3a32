import Domain
import Testing

@Suite struct BitSetTests {
  /// Goal: it holds what a plain list of numbers would, however they come.
  @Test func `it holds what was put in, in order`() {
    var random = SeededRandom(3)
    for _ in 0..<200 {
      let numbers = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
        Int.random(in: 0..<300, using: &random)
      }
      let set = BitSet(numbers)
      #expect(Array(set.members) == Array(SortedSet(numbers)))
      #expect(set.count == SortedSet(numbers).count)
      #expect(set.isEmpty == numbers.isEmpty)
      #expect(numbers.allSatisfy(set.contains))
    }
  }

  @Test func `its bytes say the same as it does, whatever zeros follow`() {
    let set = BitSet([0, 9, 17])
    #expect(set.bytes == [1, 2, 2])
    #expect(BitSet(bytes: set.bytes) == set)
    #expect(BitSet(bytes: [1, 2, 2, 0, 0]) == set)
    #expect(BitSet(bytes: [0]).isEmpty)
  }

  @Test func `numbers that it cannot hold are not in it`() {
    let set = BitSet([7])
    #expect(!set.contains(-1))
    #expect(!set.contains(8))
    #expect(!set.contains(.max))
  }
}
