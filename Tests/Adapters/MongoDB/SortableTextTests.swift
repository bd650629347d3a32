import Domain
import Testing

@testable import MongoDBAdapter

@Suite struct SortableTextTests {
  @Test func `jobs sort by instant, then by run`() {
    let instants = [Int64.min, -5, -1, 0, 1, 9, 10, 255, 256, 1_796_063_692_496_954, .max]
    var before: String?
    for instant in instants {
      let moment = Moment(microseconds: instant)
      for run in [RunID.sample(1), .sample(2)] {
        let text = SortableText.job(moment, run)
        if let before { #expect(Array(before.utf8).lexicographicallyPrecedes(Array(text.utf8))) }
        #expect(SortableText.moment(moment) < text)
        before = text
      }
    }
  }

  @Test func `tasks sort as their keys do`() {
    let names = ["a", "a-1", "a-b", "a0", "ab", "b"].map { TaskName(unchecked: $0) }
    let keys = names.flatMap { name in
      [TaskKey(name)] + [0, 1, 2, 9, 10, 99, 100_000].map { TaskKey(name, index: $0) }
    }
    #expect(keys.sorted() == keys)
    let texts = keys.map { SortableText.task($0) }
    for (left, right) in zip(texts, texts.dropFirst()) {
      #expect(Array(left.utf8).lexicographicallyPrecedes(Array(right.utf8)), "\(left), \(right)")
    }
  }
}
