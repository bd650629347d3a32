internal import Ports

/// Limits of the embedded archive.
public struct ArchiveLimits: Hashable, Sendable {
  /// Documents, tasks or lines that one read may ask for, and jobs or logs that one call may name.
  public var pageMax: Int = 10_000
  /// Jobs that one page looks at to find those that the filter wants.
  public var jobsScannedMax: Int = 5_000
  /// Documents that one commit writes.
  public var documentsPerCommitMax: Int = 100
  /// Lines of one stored segment of a log.
  public var linesPerSegmentMax: Int = 1_000
  /// Bytes of one stored segment of a log; a single line may be larger.
  public var bytesPerSegmentMax: Int = 256 << 10
  /// Bytes of one line.
  public var lineBytesMax: Int = 900 << 10
  /// Bytes of the segments that one commit writes.
  public var bytesPerCommitMax: Int = 4 << 20
  /// Bytes of lines after which a read ends.
  public var bytesPerReadMax: Int = 4 << 20
  /// Pieces of a log that may lie apart because lines between them have not come.
  public var rangesMax: Int = 1_000
  /// Conflicts with other writers after which a write gives up.
  public var conflictsMax: Int = 50

  public init() {}

  var pieces: LogPieceLimits {
    LogPieceLimits(
      linesMax: linesPerSegmentMax, bytesMax: bytesPerSegmentMax, lineBytesMax: lineBytesMax)
  }

  func check(_ limit: Int) throws(ArchiveError) {
    guard (1...pageMax).contains(limit) else {
      throw .refused("1 to \(pageMax) can be asked for at once, not \(limit)")
    }
  }

  func check(named count: Int) throws(ArchiveError) {
    guard count <= pageMax else {
      throw .refused("at most \(pageMax) can be named at once, not \(count)")
    }
  }
}

extension ArchiveError {
  /// What a store's error means to a writer of history, who may simply write again.
  init(_ error: StoreError) {
    switch error {
    case .conflict: self = .unavailable("others write the same documents: try again")
    case .outcomeUnknown: self = .outcomeUnknown
    case .unavailable(let message): self = .unavailable(message)
    case .refused(let message): self = .refused(message)
    }
  }
}

extension RecordStore {
  /// Decides and commits again until no one came in between.
  ///
  /// - Parameter decide: reads and answers what to write; nothing to write ends it.
  func commit(
    conflictsMax: Int, _ decide: () async throws(StoreError) -> [RecordBatch.Entry]
  ) async throws(StoreError) {
    for _ in 0..<conflictsMax {
      let entries = try await decide()
      if entries.isEmpty { return }
      do throws(StoreError) {
        _ = try await commit(RecordBatch(entries: entries))
        return
      } catch {
        guard error == .conflict else { throw error }
      }
    }
    throw .conflict
  }

  /// The same again, until there is nothing left to write.
  func commitAll(
    conflictsMax: Int, _ decide: () async throws(StoreError) -> [RecordBatch.Entry]
  ) async throws(StoreError) {
    var isDone = false
    while !isDone {
      try await commit(conflictsMax: conflictsMax) { () throws(StoreError) in
        let entries = try await decide()
        isDone = entries.isEmpty
        return entries
      }
    }
  }
}
