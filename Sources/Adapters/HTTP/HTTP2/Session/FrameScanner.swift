/// Finds the heads of frames in what a peer sends, so that every frame is counted: nghttp2 passes
/// over some without a word.
struct FrameScanner {
  struct Head: Hashable {
    var length: Int
    var kind: UInt8
    var flags: UInt8
  }

  private static let headBytes = 9

  /// Bytes that are no head: the rest of a payload, or the preface of a client.
  private var toSkip: Int
  private var head: [UInt8] = []

  init(skipping count: Int) {
    toSkip = count
  }

  /// Calls `found` with each head that is complete; stops as soon as it returns false.
  mutating func scan(_ bytes: Span<UInt8>, _ found: (Head) -> Bool) {
    var index = 0
    while index < bytes.count {
      if toSkip > 0 {
        let count = min(toSkip, bytes.count - index)
        toSkip -= count
        index += count
        continue
      }
      head.append(bytes[index])
      index += 1
      guard head.count == FrameScanner.headBytes else { continue }
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      let next = Head(length: length, kind: head[3], flags: head[4])
      head.removeAll(keepingCapacity: true)
      toSkip = length
      guard found(next) else { return }
    }
  }
}
