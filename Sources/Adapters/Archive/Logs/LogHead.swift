internal import Contracts
internal import Domain
internal import Ports

/// What is there of one attempt's log, while pieces are added.
struct LogHead: Sendable {
  let attempt: AttemptID
  private(set) var ranges: LogRanges
  /// How many lines there will be, once that is known.
  private(set) var total: Int64?
  private let before: LogHeadRecord?

  /// - Throws: `.refused` when the record was not written by an archive.
  init(_ attempt: AttemptID, _ record: LogHeadRecord?) throws(StoreError) {
    self.attempt = attempt
    before = record
    total = record?.total
    guard let record else {
      ranges = LogRanges()
      return
    }
    guard let ranges = LogRanges(record) else {
      throw .refused("the log of \(attempt) has a head that cannot be read")
    }
    self.ranges = ranges
  }

  /// The head as it must be stored; nil when nothing has changed.
  var changedRecord: LogHeadRecord? {
    let record = LogHeadRecord(
      attempt: attempt.description, ranges: ranges.records, total: total)
    return record == before ? nil : record
  }

  /// Adds a piece and answers the segments of it that are new. What comes after the announced end
  /// is dropped: readers have been told that nothing follows.
  mutating func add(_ piece: LogChunk) -> [LogSegmentRecord] {
    let end = piece.first + Int64(piece.lines.count)
    if piece.isLast, total == nil { total = end }
    let last = min(end, total ?? end)
    guard piece.first < last else { return [] }
    return ranges.insert(piece.first..<last).map { range in
      let lines = piece.lines[
        Int(range.lowerBound - piece.first)..<Int(range.upperBound - piece.first)]
      return LogSegmentRecord(
        attempt: attempt.description, first: range.lowerBound,
        lines: lines.map { LogSegmentRecord.Line($0) })
    }
  }
}
