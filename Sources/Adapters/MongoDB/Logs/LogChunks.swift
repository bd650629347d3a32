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

  /// It stands before all lines, so that reading from anywhere finds it.
  private static func end(of chunk: LogChunk) -> MongoSession.Write {
    let attempt = chunk.attempt.description
    return MongoSession.Write(
      key: "\(attempt)#end", number: nil,
      document: [
        "attempt": .string(attempt), "first": .integer(endPlace),
        "total": .integer(chunk.first + Int64(chunk.lines.count)),
      ])
  }

  private static let endPlace: Int64 = -1

  /// The end, then the chunks that may have lines from `from` on, in order.
  func find(_ attempt: AttemptID, from: Int64, limit: Int) -> MongoSession.Find {
    let reach = Int64(configuration.linesPerChunkMax)
    return MongoSession.Find(
      collection: MongoSchema.logs,
      filter: [
        "attempt": .string(attempt.description),
        "$or": .array([
          .document(["first": .integer(LogChunks.endPlace)]),
          .document([
            "first": .document([
              "$gt": .integer(from - reach), "$lt": .integer(from.addingSaturated(Int64(limit))),
            ]),
            "end": .document(["$gt": .integer(from)]),
          ]),
        ]),
      ],
      sort: ["attempt": .integer(1), "first": .integer(1)], index: MongoSchema.chunksByLine.name,
      limit: limit.addingReportingOverflow(1).partialValue, batch: 100)
  }

  /// Whether line `from` is there, or the end is known and not beyond it.
  func findAny(_ attempt: AttemptID, from: Int64) -> MongoSession.Find {
    let reach = Int64(configuration.linesPerChunkMax)
    return MongoSession.Find(
      collection: MongoSchema.logs,
      filter: [
        "attempt": .string(attempt.description),
        "$or": .array([
          .document([
            "first": .integer(LogChunks.endPlace), "total": .document(["$lte": .integer(from)]),
          ]),
          .document([
            "first": .document(["$gt": .integer(from - reach), "$lte": .integer(from)]),
            "end": .document(["$gt": .integer(from)]),
          ]),
        ]),
      ],
      index: MongoSchema.chunksByLine.name, limit: 1)
  }
}
