internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit

/// Reads a content from the object store, and vouches for all of it when all of it is read.
struct ContentReader: Sendable {
  /// What was read is not what was verified when it came. The reader must not take it for that.
  struct Damaged: Error {}

  let content: Content
  private let ports: ArtifactPorts
  private let key: String
  private let pieces: PieceReader

  init(ports: ArtifactPorts, key: String, content: Content) {
    self.content = content
    self.ports = ports
    self.key = key
    pieces = PieceReader(ports: ports, key: key, content: content)
  }

  /// The bytes of a part that are read first. They are there before the answer begins, so that an
  /// absent object or store is said in so many words.
  func first(of part: Range<Int64>) async throws(Problem) -> [UInt8] {
    let piece = part.prefix(ports.configuration.readBytes)
    guard piece == 0..<content.size else { return try await pieces.read(piece) }
    // What is read at once and whole is judged before anybody gets a byte of it. Bytes that were
    // damaged on their way come whole the next time; those that lie there damaged do not.
    for _ in 0..<max(ports.configuration.storeTries, 1) {
      let bytes = try await pieces.read(piece)
      if ports.digest.hexadecimal(of: bytes) == content.digest.hexadecimal { return bytes }
      ports.context.telemetry.log(.warning, "content.read-damaged", [("object", key)])
    }
    throw pieces.damaged()
  }

  /// Writes a part whose first bytes were read. While a piece is on its way to the reader the next
  /// ones are read already, as far as there is memory for that.
  ///
  /// - Throws: `Damaged` before the last piece of a whole content that is not what it was: what was
  ///   sent is then never complete.
  func write(
    _ part: Range<Int64>, first: [UInt8], to sink: any HTTPBodySink
  ) async throws {
    let pieceBytes = ports.configuration.readAheadPieceBytes
    let ahead = ports.readAhead.take(
      upTo: ports.configuration.readAheadPiecesMax, of: pieceBytes)
    defer { ports.readAhead.giveBack(ahead, of: pieceBytes) }
    let stream = part == 0..<content.size ? ports.digest.begin() : nil
    let rest = part.lowerBound + Int64(first.count)..<part.upperBound
    // While a slice is hashed the one before it is on its way, and others have their turn soon.
    let sliceBytes = max(ports.configuration.sendBytes, 1)
    func pass(_ piece: [UInt8], isLast: Bool) async throws {
      var start = 0
      while start < piece.count {
        let end = min(start + sliceBytes, piece.count)
        let slice = end - start == piece.count ? piece : Array(piece[start..<end])
        stream?.update(slice)
        if isLast, end == piece.count, let stream,
          ContentDigest(bytes: stream.finish()) != content.digest
        {
          _ = pieces.damaged()
          throw Damaged()
        }
        try await sink.write(slice)
        start = end
      }
    }
    try await pass(first, isLast: rest.isEmpty)
    if ahead > 0 {
      try await read(rest, by: pieceBytes, atOnce: ahead, pass)
    } else {
      try await read(rest, by: ports.configuration.readBytes, atOnce: 1, pass)
    }
  }

  /// Hands the pieces of a part over in their order.
  ///
  /// - Parameter countMax: of pieces that are in memory or on their way there.
  private func read(
    _ part: Range<Int64>, by pieceBytes: Int, atOnce countMax: Int,
    _ take: (_ piece: [UInt8], _ isLast: Bool) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (start: Int64, bytes: [UInt8]).self) { group in
      var asked = part.lowerBound
      var taken = part.lowerBound
      var underWay = 0
      var early: SortedMap<Int64, [UInt8]> = [:]
      while taken < part.upperBound {
        while asked < part.upperBound, underWay + early.count < countMax {
          let piece = (asked..<part.upperBound).untilMultiple(of: pieceBytes)
          group.addTask { (piece.lowerBound, try await pieces.read(piece)) }
          asked = piece.upperBound
          underWay += 1
        }
        if let piece = early.removeValue(for: taken) {
          taken += Int64(piece.count)
          try await take(piece, taken == part.upperBound)
        } else if let piece = try await group.next() {
          underWay -= 1
          early[piece.start] = piece.bytes
        }
      }
    }
  }
}

extension Range<Int64> {
  /// The first part of at most so many numbers.
  fileprivate func prefix(_ countMax: Int) -> Range<Int64> {
    lowerBound..<Swift.min(lowerBound.addingSaturated(Int64(Swift.max(countMax, 1))), upperBound)
  }

  /// The first part of at most so many numbers that ends at a multiple of that: where parts of
  /// uploads end.
  fileprivate func untilMultiple(of count: Int) -> Range<Int64> {
    let count = Swift.max(count, 1)
    return prefix(count - Int(lowerBound % Int64(count)))
  }
}
