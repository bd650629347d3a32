import Ports
import Testing

@testable import HTTPAdapter

@Suite struct HTTPResponseParserTests {
  private struct Parsed: Hashable {
    var status: Int?
    var body = ""
    var isComplete = false
    var isRefused = false
  }

  /// - Parameter isClosed: whether the server closes behind the bytes.
  private func parse(
    _ pieces: [[UInt8]], toHead: Bool = false, isClosed: Bool = true
  ) -> Parsed {
    var parser = HTTPResponseParser(ParsedStream.limits, toHead: toHead)
    var parsed = Parsed()
    func drain() throws(HTTPRefusal) {
      while !parsed.isComplete, let event = try parser.next() {
        switch event {
        case .head(let head): parsed.status = head.status
        case .body(let bytes): parsed.body += String(decoding: bytes, as: UTF8.self)
        case .end: parsed.isComplete = true
        }
      }
    }
    do throws(HTTPRefusal) {
      for piece in pieces {
        parser.append(piece.span)
        try drain()
      }
      if isClosed, parser.close() { try drain() }
    } catch {
      parsed.isRefused = true
    }
    return parsed
  }

  private static let answers: [(text: String, status: Int, body: String)] = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
    ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, ""),
    ("HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 404, "ab"),
    ("HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"),
    ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""),
    (
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
        + "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", 201, "x"
    ),
  ]

  @Test(arguments: answers.indices)
  func `every way to cut an answer gives the same`(_ index: Int) {
    let (text, status, body) = Self.answers[index]
    let bytes = Array(text.utf8)
    let expected = Parsed(status: status, body: body, isComplete: true)
    for cut in bytes.indices {
      #expect(parse([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected, "cut at \(cut)")
    }
  }

  @Test func `an answer to HEAD has no body whatever it announces`() {
    let parsed = parse([Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".utf8)], toHead: true)
    #expect(parsed == Parsed(status: 200, body: "", isComplete: true))
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "HTTP/1.1 200 OK\r\nContent-Le",
    "",
  ])
  func `an answer that breaks off is not complete`(_ text: String) {
    #expect(!parse([Array(text.utf8)]).isComplete)
  }

  @Test(arguments: [
    "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "ICY 200 OK\r\n\r\n",
    "HTTP/1.1 101 Switching\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20),
  ])
  func `an answer that can be read in two ways is refused`(_ text: String) {
    let parsed = parse([Array(text.utf8)])
    #expect(parsed.isRefused)
    #expect(!parsed.isComplete)
  }

  @Test func `damaged answers never trap and never depend on how they are cut`() {
    var numbers = SeededNumbers(seed: 1_124)
    for _ in 0..<4_000 {
      var bytes = Array(Self.answers[numbers.below(Self.answers.count)].text.utf8)
      for _ in 0...numbers.below(4) { bytes.damage(&numbers) }
      #expect(parse(bytes.pieces(&numbers)) == parse([bytes]))
    }
  }
}
