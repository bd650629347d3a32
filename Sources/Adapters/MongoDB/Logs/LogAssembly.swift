internal import Contracts
internal import Domain
internal import Ports
internal import Wire

/// Puts the lines of a log together from its documents as they come: the end first, then chunks by
/// their first line, which may overlap.
struct LogAssembly {
  private let from: Int64
  private let limit: Int
  private let bytesMax: Int
  private(set) var chunk: LogChunk
  private(set) var fault: ArchiveError?
  private var total: Int64?
  private var bytes = 0

  init(_ attempt: AttemptID, from: Int64, limit: Int, bytesMax: Int) {
    self.from = from
    self.limit = limit
    self.bytesMax = bytesMax
    chunk = LogChunk(attempt: attempt, first: from, lines: [])
  }

  private var next: Int64 { from + Int64(chunk.lines.count) }

  /// Takes the next document. False when no more are needed.
  mutating func take(_ document: BSONDocument) -> Bool {
    if let total = document.integer("total") {
      self.total = total
      return next < total
    }
    guard let first = document.integer("first"), let bytes = document.bytes("lines"),
      let record = try? LogSegmentRecord(decoding: bytes), first >= 0
    else {
      fault = .refused("the log of \(chunk.attempt) has a chunk that cannot be read")
      return false
    }
    // Before the first line that has not come.
    guard first <= next else { return false }
    for line in record.lines.dropFirst(Int(clamping: next - first)) {
      guard wantsMore else { return false }
      chunk.lines.append(OutputLine(archived: line))
      self.bytes += line.text.count
    }
    return wantsMore
  }

  var wantsMore: Bool {
    chunk.lines.count < limit && bytes < bytesMax && next < (total ?? .max)
  }

  /// What was found, once no more come.
  func result() throws(ArchiveError) -> LogChunk {
    if let fault { throw fault }
    var found = chunk
    found.isLast = total.map { next >= $0 } ?? false
    return found
  }
}
