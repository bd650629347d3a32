import Contracts
import Testing

@testable import ArchiveAdapter

@Suite struct LogRangesTests {
  /// Goal: ranges are a set of numbers. Method: random insertions against a set.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `ranges agree with a set of lines`(seed: UInt64) {
    var state = seed
    func draw(_ count: UInt64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64((state >> 33) % count)
    }
    var ranges = LogRanges()
    var lines: Set<Int64> = []
    for _ in 0..<60 {
      let first = draw(80)
      let range = first..<first + draw(12)
      let missing = ranges.insert(range).flatMap { [Int64]($0) }
      #expect(missing == range.filter { !lines.contains($0) })
      lines.formUnion(range)
      #expect(ranges.ranges.flatMap { [Int64]($0) } == lines.sorted())
      for (left, right) in zip(ranges.ranges, ranges.ranges.dropFirst()) {
        #expect(left.upperBound < right.lowerBound)
      }
      for line in 0..<95 as Range<Int64> {
        #expect((ranges.range(of: line) != nil) == lines.contains(line))
      }
    }
    #expect(LogRanges(LogHeadRecord(ranges: ranges.records)) == ranges)
  }

  @Test func `ranges out of order are not believed`() {
    let broken: [[(Int64, Int64)]] = [[(3, 3)], [(-1, 2)], [(5, 6), (1, 2)], [(1, 3), (3, 4)]]
    for ranges in broken {
      let record = LogHeadRecord(
        ranges: ranges.map { LogHeadRecord.Range(first: $0.0, end: $0.1) })
      #expect(LogRanges(record) == nil)
    }
  }
}
