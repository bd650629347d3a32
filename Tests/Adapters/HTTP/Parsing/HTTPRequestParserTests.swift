import Ports
import Testing

@testable import HTTPAdapter

@Suite struct HTTPRequestParserTests {
  @Test func `a head is understood`() throws {
    let stream = ParsedStream(
      "PUT /a%2Fb?c=d?e HTTP/1.1\r\nHost: a:80\r\nConnection: x, CLOSE\r\nX-A: \t b  c \r\nx-a:\r\n"
        + "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\nhello")
    let head = try #require(stream.heads.first)
    #expect(head.method == "PUT")
    #expect(head.target == RequestTarget(path: "/a%2Fb", query: "c=d?e"))
    #expect(head.fields.all("X-a") == ["b  c", ""])
    #expect(head.framing == .length(5))
    #expect(!head.keepsAlive)
    #expect(head.expectsContinue)
    #expect(stream.bodies == ["hello"])
    #expect(stream.endCount == 1)
  }

  @Test func `a chunked body is joined and its extensions and trailers are dropped`() throws {
    let stream = ParsedStream(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
        + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
    )
    #expect(stream.bodies == ["hello world"])
    #expect(stream.heads.map(\.target.path) == ["/", "/next"])
    #expect(stream.heads.first?.fields["x-sum"] == nil)
    #expect(stream.endCount == 2)
  }

  @Test(arguments: validRequests.indices)
  func `every way to cut a request gives the same events`(_ index: Int) throws {
    let (text, count) = validRequests[index]
    let bytes = Array(text.utf8)
    let whole = ParsedStream([bytes])
    #expect(whole.refusal == nil)
    #expect(whole.endCount == count)
    #expect(ParsedStream(bytes.map { [$0] }) == whole)
    for cut in bytes.indices {
      #expect(ParsedStream([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole, "cut at \(cut)")
    }
  }

  @Test(arguments: refusedRequests.indices)
  func `what can be read in two ways is refused, however it arrives`(_ index: Int) {
    let (name, text, status) = refusedRequests[index]
    let bytes = Array(text.utf8)
    let whole = ParsedStream([bytes])
    #expect(whole.refusal?.status == status, "\(name)")
    #expect(whole.endCount == 0, "\(name)")
    let single = ParsedStream(bytes.map { [$0] })
    #expect(single.refusal?.status == status, "\(name), byte by byte")
    #expect(single.endCount == 0, "\(name), byte by byte")
  }

  /// Goal: no bytes make the parser trap, and none are read differently when they are cut
  /// differently. Method: damage good and bad requests at random, feed them whole and in random
  /// pieces.
  @Test func `damaged requests never trap and never depend on how they are cut`() {
    var numbers = SeededNumbers(seed: 20_261_124)
    let corpus = validRequests.map(\.text) + refusedRequests.map(\.text)
    for _ in 0..<6_000 {
      var bytes = Array(corpus[numbers.below(corpus.count)].utf8.prefix(600))
      if numbers.below(4) == 0 {
        bytes += Array(corpus[numbers.below(corpus.count)].utf8.prefix(600))
      }
      for _ in 0...numbers.below(4) { bytes.damage(&numbers) }
      let whole = ParsedStream([bytes])
      let pieces = ParsedStream(bytes.pieces(&numbers))
      #expect(pieces.events == whole.events)
      #expect((pieces.refusal == nil) == (whole.refusal == nil))
    }
  }

  @Test func `limits hold at the limit and break beyond it`() {
    func status(_ text: String) -> Int? { ParsedStream(text).refusal?.status }
    let line = "GET / HTTP/1.1\r\nHost: a\r\n"
    func target(_ count: Int) -> String {
      "GET /" + String(repeating: "a", count: count) + " HTTP/1.1\r\nHost: a\r\n\r\n"
    }
    func fields(_ count: Int) -> String {
      line + String(repeating: "X: y\r\n", count: count - 1) + "\r\n"
    }
    func head(_ count: Int) -> String {
      line + "X: " + String(repeating: "a", count: count - line.utf8.count - 7) + "\r\n\r\n"
    }
    #expect(status(target(1_024 - 16)) == nil)
    #expect(status(target(1_024 - 15)) == 414)
    #expect(status(fields(20)) == nil)
    #expect(status(fields(21)) == 431)
    #expect(status(head(2_048)) == nil)
    #expect(status(head(2_049)) == 431)
  }
}
