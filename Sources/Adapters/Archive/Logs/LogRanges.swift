internal import Contracts

/// Which lines of a log are there: ranges in order, neither touching nor overlapping.
struct LogRanges: Hashable, Sendable {
  private(set) var ranges: [Range<Int64>] = []

  init() {}

  /// Nil unless the record's ranges are in order.
  init?(_ record: LogHeadRecord) {
    for range in record.ranges {
      let last = ranges.last?.upperBound ?? -1
      guard last < range.first, range.first < range.end else {
        return nil
      }
      ranges.append(range.first..<range.end)
    }
  }

  var records: [LogHeadRecord.Range] {
    ranges.map { LogHeadRecord.Range(first: $0.lowerBound, end: $0.upperBound) }
  }

  /// The range that has the line, if it is there.
  func range(of line: Int64) -> Range<Int64>? {
    let place = firstPlace(endingBeyond: line)
    guard place < ranges.count, ranges[place].contains(line) else { return nil }
    return ranges[place]
  }

  /// Adds a range and answers the parts of it that were not there.
  mutating func insert(_ range: Range<Int64>) -> [Range<Int64>] {
    guard !range.isEmpty else { return [] }
    var missing: [Range<Int64>] = []
    var next = range.lowerBound
    let place = firstPlace(endingBeyond: range.lowerBound - 1)
    var merged = range
    var end = place
    while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
      let there = ranges[end]
      if next < there.lowerBound { missing.append(next..<min(there.lowerBound, range.upperBound)) }
      next = max(next, there.upperBound)
      merged = min(merged.lowerBound, there.lowerBound)..<max(merged.upperBound, there.upperBound)
      end += 1
    }
    if next < range.upperBound { missing.append(next..<range.upperBound) }
    ranges.replaceSubrange(place..<end, with: [merged])
    return missing
  }

  /// The first range whose end is beyond the line.
  private func firstPlace(endingBeyond line: Int64) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = low + (high - low) / 2
      if ranges[middle].upperBound <= line { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
