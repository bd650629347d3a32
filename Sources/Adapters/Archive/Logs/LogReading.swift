internal import Contracts
internal import Domain
internal import Ports

/// Reads lines of one log in order, as far as they are there without a gap.
struct LogReading: Sendable {
  /// Segments that one look at the store takes.
  private static let segmentsMax = 64

  private let store: any RecordStore
  private let limits: ArchiveLimits

  init(_ store: any RecordStore, _ limits: ArchiveLimits) {
    self.store = store
    self.limits = limits
  }

  func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    guard from >= 0 else { throw .refused("lines are numbered from 0, not \(from)") }
    do throws(StoreError) {
      let head = try await head(of: attempt)
      var chunk = LogChunk(attempt: attempt, first: from, lines: [])
      if let range = head.ranges.range(of: from) {
        chunk.lines = try await lines(attempt, from..<range.upperBound, limit)
      }
      let end = from + Int64(chunk.lines.count)
      chunk.isLast = head.total.map { end >= $0 } ?? false
      return chunk
    } catch { throw ArchiveError(error) }
  }

  /// The attempts of a run that have a log: from head to head.
  func attempts(of run: RunID) async throws(ArchiveError) -> [AttemptID] {
    var found: [AttemptID] = []
    var query = AttemptSpan(run: run.text).query(
      ArchiveTables.heads.name, limit: limits.documentsPerCommitMax)
    do throws(StoreError) {
      repeat {
        let page = try await store.query(ArchiveTables.heads, query)
        for head in page.records.map(\.record) {
          guard let attempt = AttemptID(text: head.attempt) else {
            throw StoreError.refused("the log of \(head.attempt) is that of no attempt")
          }
          found.append(attempt)
        }
        query.after = page.next
      } while query.after != nil
      return found
    } catch { throw ArchiveError(error) }
  }

  /// Whether `lines` would answer any, or that nothing follows.
  func mayAnswer(_ attempt: AttemptID, from: Int64) async -> Bool {
    // Unknown counts as no: the wait goes on, and reading will say what is wrong.
    guard let head = try? await head(of: attempt) else { return false }
    return head.ranges.range(of: from) != nil || head.total.map { from >= $0 } ?? false
  }

  private func head(of attempt: AttemptID) async throws(StoreError) -> LogHead {
    let stored = try await store.get(ArchiveTables.heads, key: [.text(attempt.description)])
    return try LogHead(attempt, stored?.record)
  }

  private func lines(
    _ attempt: AttemptID, _ wanted: Range<Int64>, _ limit: Int
  ) async throws(StoreError) -> [OutputLine] {
    var found: [OutputLine] = []
    var bytes = 0
    // The segment that has the first line begins at or before it.
    var query = RecordQuery(
      table: ArchiveTables.segments.name, prefix: [.text(attempt.description)],
      upper: .including(.integer(wanted.lowerBound)), isDescending: true, limit: 1)
    while true {
      let page = try await store.query(ArchiveTables.segments, query)
      for segment in page.records.map(\.record) {
        let next = wanted.lowerBound + Int64(found.count)
        let skipped = next - segment.first
        guard skipped >= 0, skipped <= Int64(segment.lines.count) else {
          throw .refused("the log of \(attempt) lacks line \(next), which its head has")
        }
        for line in segment.lines.dropFirst(Int(skipped)) {
          guard found.count < limit, bytes < limits.bytesPerReadMax else { return found }
          found.append(OutputLine(archived: line))
          bytes += line.text.count
        }
      }
      let next = wanted.lowerBound + Int64(found.count)
      guard next < wanted.upperBound, found.count < limit else { return found }
      guard !page.records.isEmpty else {
        throw .refused("the log of \(attempt) lacks line \(next), which its head has")
      }
      query = RecordQuery(
        table: query.table, prefix: query.prefix, lower: .including(.integer(next)),
        upper: .excluding(.integer(wanted.upperBound)), limit: LogReading.segmentsMax)
    }
  }
}
