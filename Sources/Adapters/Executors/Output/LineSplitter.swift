internal import Ports

/// Cuts a stream of bytes into lines. A line that is too long is cut into parts, each but the last
/// with a mark at its end.
struct LineSplitter {
  private let lineBytesMax: Int
  private var pending: [UInt8] = []

  init(lineBytesMax: Int) {
    self.lineBytesMax = max(lineBytesMax, 4)
  }

  /// The lines that these bytes complete, without their breaks (`\n` or `\r\n`).
  mutating func take(_ bytes: some Collection<UInt8>) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      pending.append(contentsOf: rest[..<(end ?? rest.endIndex)])
      cutParts(into: &lines)
      guard let end else { break }
      if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
      lines.append(pending)
      pending = []
      rest = rest[rest.index(after: end)...]
    }
    return lines
  }

  /// The last line when it has no break; nil when nothing is left.
  mutating func finish() -> [UInt8]? {
    defer { pending = [] }
    return pending.isEmpty ? nil : pending
  }

  private mutating func cutParts(into lines: inout [[UInt8]]) {
    guard pending.count > lineBytesMax else { return }
    var start = 0
    while pending.count - start > lineBytesMax {
      let end = LineSplitter.cut(pending, from: start, upTo: start + lineBytesMax)
      lines.append(Array(pending[start..<end]) + OutputLine.continuationMark)
      start = end
    }
    pending.removeFirst(start)
  }

  /// Where to cut so that no UTF-8 sequence is torn, if the bytes are UTF-8 there.
  private static func cut(_ bytes: [UInt8], from start: Int, upTo limit: Int) -> Int {
    var place = limit
    while place > limit - 4, place > start, bytes[place] & 0xc0 == 0x80 { place -= 1 }
    return bytes[place] & 0xc0 == 0x80 || place == start ? limit : place
  }
}
