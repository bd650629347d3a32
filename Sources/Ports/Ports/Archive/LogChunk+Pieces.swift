internal import Domain

/// How large a stored piece of a log may be.
public struct LogPieceLimits: Hashable, Sendable {
  public var linesMax: Int
  /// A single line may be larger.
  public var bytesMax: Int
  public var lineBytesMax: Int

  public init(linesMax: Int, bytesMax: Int, lineBytesMax: Int) {
    self.linesMax = linesMax
    self.bytesMax = bytesMax
    self.lineBytesMax = lineBytesMax
  }
}

extension LogChunk {
  /// The chunk in pieces that fit. The last one says what the chunk says of the end; a chunk
  /// without lines is one piece if it is the last, else none.
  ///
  /// - Throws: `.refused` for numbers that make no sense and lines that are too long.
  public func pieces(within limits: LogPieceLimits) throws(ArchiveError) -> [LogChunk] {
    let (_, overflow) = first.addingReportingOverflow(Int64(lines.count))
    guard first >= 0, !overflow else {
      throw .refused("lines of \(attempt) are numbered from \(first)")
    }
    var pieces: [LogChunk] = []
    var piece = LogChunk(attempt: attempt, first: first, lines: [])
    var bytes = 0
    for line in lines {
      guard line.bytes.count <= limits.lineBytesMax else {
        throw .refused("a line of \(attempt) has more than \(limits.lineBytesMax) bytes")
      }
      let isFull =
        piece.lines.count >= limits.linesMax || bytes + line.bytes.count > limits.bytesMax
      if isFull, !piece.lines.isEmpty {
        pieces.append(piece)
        piece.first += Int64(piece.lines.count)
        piece.lines = []
        bytes = 0
      }
      piece.lines.append(line)
      bytes += line.bytes.count
    }
    piece.isLast = isLast
    if !piece.lines.isEmpty || isLast { pieces.append(piece) }
    return pieces
  }
}
