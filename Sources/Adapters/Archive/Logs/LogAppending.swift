internal import Contracts
internal import Domain
internal import Ports

/// Stores chunks of lines so that each line is there once, in whatever order and overlap they come.
///
/// A log is a head, which says what is there, and segments. The head is written in every batch that
/// adds segments, so that two writers never both believe that a line is missing.
struct LogAppending: Sendable {
  private let store: any RecordStore
  private let limits: ArchiveLimits

  init(_ store: any RecordStore, _ limits: ArchiveLimits) {
    self.store = store
    self.limits = limits
  }

  func append(_ chunks: [LogChunk]) async throws(ArchiveError) {
    var pieces: [LogChunk] = []
    for chunk in chunks { pieces += try chunk.pieces(within: limits.pieces) }
    do throws(StoreError) {
      var rest = pieces[...]
      while !rest.isEmpty {
        let some = prefix(of: rest)
        try await store.commit(conflictsMax: limits.conflictsMax) { () throws(StoreError) in
          try await entries(some)
        }
        rest = rest.dropFirst(some.count)
      }
    } catch { throw ArchiveError(error) }
  }

  /// What is new in the pieces, and the heads that say so.
  private func entries(
    _ pieces: ArraySlice<LogChunk>
  ) async throws(StoreError) -> [RecordBatch.Entry] {
    let attempts = SortedSet(pieces.map(\.attempt))
    let stored = try await store.get(
      ArchiveTables.heads, attempts.map { [.text($0.description)] })
    var entries: [RecordBatch.Entry] = []
    for (attempt, head) in zip(attempts, stored) {
      var log = try LogHead(attempt, head?.record)
      for piece in pieces where piece.attempt == attempt {
        entries += log.add(piece).map { ArchiveTables.segments.insert($0) }
      }
      guard log.ranges.ranges.count <= limits.rangesMax else {
        throw .refused("the log of \(attempt) has more than \(limits.rangesMax) gaps")
      }
      guard let record = log.changedRecord else { continue }
      entries.append(
        head.map { ArchiveTables.heads.update(record, over: $0.version) }
          ?? ArchiveTables.heads.insert(record))
    }
    return entries
  }

  /// The pieces that one commit takes: at least one.
  private func prefix(of pieces: ArraySlice<LogChunk>) -> ArraySlice<LogChunk> {
    var bytes = 0
    var count = 0
    for piece in pieces.prefix(limits.documentsPerCommitMax) {
      bytes += piece.lines.reduce(0) { $0 + $1.bytes.count }
      guard count == 0 || bytes <= limits.bytesPerCommitMax else { break }
      count += 1
    }
    return pieces.prefix(count)
  }
}
