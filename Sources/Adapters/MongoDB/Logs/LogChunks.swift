internal import Contracts
internal import Domain
internal import Ports
internal import Wire

/// Chunks of lines as documents, so that writing them needs no reading.
///
/// A chunk is known by its attempt and its first line, and replaces one that begins at the same
/// line and is shorter. Chunks may overlap: lines never change, and readers pass over what they
/// have. The end of a log is a document of its own, which the first who knows it writes.
struct LogChunks {
  private let configuration: MongoDBConfiguration

  init(_ configuration: MongoDBConfiguration) {
    self.configuration = configuration
  }

  /// What to write for the chunks: pieces within the limits, and ends.
  func writes(_ chunks: [LogChunk]) throws(ArchiveError) -> [MongoSession.Write] {
    var longest: SortedMap<String, MongoSession.Write> = [:]
    for chunk in chunks {
      for piece in try chunk.pieces(within: configuration.pieces) where !piece.lines.isEmpty {
        let write = write(piece)
        let before = longest[write.key]?.number?.value ?? .min
        if (write.number?.value ?? .min) > before { longest[write.key] = write }
      }
      let end = LogChunks.end(of: chunk)
      if chunk.isLast, longest[end.key] == nil { longest[end.key] = end }
    }
    return longest.values.map(\.self)
  }

  private func write(_ piece: LogChunk) -> MongoSession.Write {
    let attempt = piece.attempt.description
    let end = piece.first + Int64(piece.lines.count)
    let key = "\(attempt)#\(piece.first)"
    let record = LogSegmentRecord(
      attempt: attempt, first: piece.first, lines: piece.lines.map { LogSegmentRecord.Line($0) })
    return MongoSession.Write(
      key: key, number: ("end", end),
      document: [
        "_id": .string(key), "attempt": .string(attempt), "first": .integer(piece.first),
        "end": .integer(end), "lines": .bytes(record.encoded()),
      ])
  }

  private static func end(of chunk: LogChunk) -> MongoSession.Write {
    let attempt = chunk.attempt.description
    return MongoSession.Write(
      key: endKey(chunk.attempt), number: nil,
      document: [
        // Before all lines: no two documents of an attempt begin at the same one.
        "attempt": .string(attempt), "first": .integer(-1),
        "total": .integer(chunk.first + Int64(chunk.lines.count)),
      ])
  }

  /// Finds all that there is of the logs of a run. Attempts are named by it, and `0` comes right
  /// behind the slash.
  static func all(of run: String) -> BSONDocument {
    ["attempt": .document(["$gte": .string(run + "/"), "$lt": .string(run + "0")])]
  }

  /// Finds all that there is of the log of an attempt.
  static func all(of attempt: AttemptID) -> BSONDocument {
    ["attempt": .string(attempt.description)]
  }

  private static func endKey(_ attempt: AttemptID) -> String { "\(attempt)#end" }

  /// How many lines there will be, once that is known; if wanted, only if it is at most so many.
  func findEnd(_ attempt: AttemptID, atMost total: Int64? = nil) -> MongoSession.Find {
    var filter: BSONDocument = ["_id": .string(LogChunks.endKey(attempt))]
    filter.append("total", total.map { .document(["$lte": .integer($0)]) })
    return MongoSession.Find(collection: MongoSchema.logs, filter: filter, limit: 1)
  }

  /// The chunks that may have lines from `from` on, in order.
  func find(_ attempt: AttemptID, from: Int64, limit: Int) -> MongoSession.Find {
    var find = reaching(attempt, from, below: from.addingSaturated(Int64(limit)))
    find.sort = ["attempt": .integer(1), "first": .integer(1)]
    find.limit = limit
    find.batch = 100
    return find
  }

  /// A chunk that has the line.
  func find(_ attempt: AttemptID, line: Int64) -> MongoSession.Find {
    reaching(attempt, line, below: line.addingSaturated(1))
  }

  /// No chunk has more than so many lines: what has a line begins not long before it.
  private func reaching(
    _ attempt: AttemptID, _ line: Int64, below end: Int64
  ) -> MongoSession.Find {
    MongoSession.Find(
      collection: MongoSchema.logs,
      filter: [
        "attempt": .string(attempt.description),
        "first": .document([
          "$gt": .integer(max(line - Int64(configuration.linesPerChunkMax), -1)),
          "$lt": .integer(end),
        ]),
        "end": .document(["$gt": .integer(line)]),
      ], index: MongoSchema.chunksByLine, limit: 1)
  }
}
