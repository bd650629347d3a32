internal import Contracts
internal import Domain
internal import Ports

/// Removes logs. A head goes with the last of its segments: a removal that was cut off finds it
/// again, and lines that come meanwhile never lack one.
struct LogRemoval: Sendable {
  private let store: any RecordStore
  private let limits: ArchiveLimits

  init(_ store: any RecordStore, _ limits: ArchiveLimits) {
    self.store = store
    self.limits = limits
  }

  func remove(_ attempts: [AttemptID]) async throws(ArchiveError) {
    do throws(StoreError) {
      for attempt in SortedSet(attempts) { try await remove(AttemptSpan(attempt)) }
    } catch { throw ArchiveError(error) }
  }

  func remove(_ span: AttemptSpan) async throws(StoreError) {
    try await store.commitAll(conflictsMax: limits.conflictsMax) { () throws(StoreError) in
      try await entries(span)
    }
  }

  /// What removes some heads with all that they have; segments alone when there are too many.
  private func entries(_ span: AttemptSpan) async throws(StoreError) -> [RecordBatch.Entry] {
    let (headTable, table) = (ArchiveTables.heads, ArchiveTables.segments)
    let count = limits.documentsPerCommitMax
    // Heads first: whoever adds segments from now on changes one of them.
    let heads = try await store.query(headTable, span.query(headTable.name, limit: count)).records
    var query = span.query(table.name, limit: count)
    if let last = heads.last { query.upper = .including(.text(last.record.attempt)) }
    let segments = try await store.query(table, query)
    var entries = segments.records.map { segment in
      table.delete(
        [.text(segment.record.attempt), .integer(segment.record.first)], over: segment.version)
    }
    if segments.next == nil {
      entries += heads.map { headTable.delete([.text($0.record.attempt)], over: $0.version) }
    } else {
      let touched = SortedSet(segments.records.map(\.record.attempt))
      entries += heads.filter { touched.contains($0.record.attempt) }
        .map { headTable.guard([.text($0.record.attempt)], at: $0.version) }
    }
    return entries
  }
}
