/// Bytes that arrived and are not parsed yet.
struct InputBuffer: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  /// A buffer that grew beyond this is given back once it is empty.
  private static let keptBytesMax = 8_192

  var count: Int { bytes.count - start }
  var isEmpty: Bool { bytes.count == start }

  mutating func append(_ span: Span<UInt8>) {
    if start > 0, start == bytes.count || start >= InputBuffer.keptBytesMax {
      bytes.removeFirst(start)
      start = 0
    }
    span.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  /// Shows everything that has arrived.
  func withSpan<Answer, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    try body(bytes.span.extracting(droppingFirst: start))
  }

  mutating func drop(_ count: Int) {
    start += count
    guard start == bytes.count else { return }
    bytes.removeAll(keepingCapacity: bytes.capacity <= InputBuffer.keptBytesMax)
    start = 0
  }

  /// Takes at most `countMax` bytes.
  mutating func take(_ countMax: Int) -> [UInt8] {
    let taken = min(countMax, count)
    defer { drop(taken) }
    return Array(bytes[start..<start + taken])
  }
}
