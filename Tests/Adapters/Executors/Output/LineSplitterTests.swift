import Ports
import Testing

@testable import ExecutorsAdapter

struct LineSplitterTests {
  private func lines(_ pieces: [[UInt8]], max: Int = 10) -> [String] {
    var splitter = LineSplitter(lineBytesMax: max)
    var lines = pieces.flatMap { splitter.take($0) }
    if let last = splitter.finish() { lines.append(last) }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `lines end with either break, the last one without any`() {
    #expect(lines([Array("a\nb\r\n\nc".utf8)]) == ["a", "b", "", "c"])
    #expect(lines([Array("a\n".utf8)]) == ["a"])
    #expect(lines([]) == [])
  }

  @Test func `where the pieces are cut makes no difference`() {
    let text = Array("first\r\nsecond line that is long\nthird äöü€😀 äöü€😀\n\nend".utf8)
    let whole = lines([text])
    for size in 1...text.count {
      let pieces = stride(from: 0, to: text.count, by: size).map {
        Array(text[$0..<min($0 + size, text.count)])
      }
      #expect(lines(pieces) == whole)
    }
  }

  @Test func `a long line is cut into parts with marks, between characters`() {
    let mark = String(decoding: OutputLine.continuationMark, as: UTF8.self)
    #expect(lines([Array("0123456789ab\n".utf8)]) == ["0123456789" + mark, "ab"])
    #expect(lines([Array("0123456789\n".utf8)]) == ["0123456789"])
    #expect(lines([Array("12345678😀9\n".utf8)]) == ["12345678" + mark, "😀9"])
  }

  @Test func `bytes that are no text are kept as they are`() {
    var splitter = LineSplitter(lineBytesMax: 8)
    let bytes = [UInt8](repeating: 0x80, count: 20)
    let parts = splitter.take(bytes) + [splitter.finish() ?? []]
    let mark = OutputLine.continuationMark
    #expect(
      parts == [
        Array(bytes[..<8]) + mark, Array(bytes[..<8]) + mark, Array(bytes[..<4]),
      ])
  }
}
