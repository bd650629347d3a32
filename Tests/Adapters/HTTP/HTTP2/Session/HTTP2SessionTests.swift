import Domain
import Ports
import TestSupport
import Testing

@testable import HTTPAdapter

struct HTTP2SessionTests {
  private static let start = Uptime(microseconds: 0)

  private static func server() throws -> HTTP2Session {
    try HTTP2Session(.server, limits: HTTP2Limits(), fieldsMax: 100, at: start)
  }

  /// Bytes that a client might have sent, broken at one place each time, never trap and never leave
  /// more behind than the windows allow.
  @Test func `no bytes are too broken to be read`() throws {
    var good = Frame.preface + Frame(.settings, [0, 3, 0, 0, 0, 9]).bytes
    for stream in 0..<4 {
      good += Frame.request(UInt32(2 * stream + 1), method: "POST", isEnd: false).bytes
      good += Frame(.data, stream: UInt32(2 * stream + 1), [1, 2, 3]).bytes
      good += Frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]).bytes
      good +=
        Frame(.headers, flags: 5, stream: UInt32(2 * stream + 1), Frame.list([("a", "b")]))
        .bytes
    }
    var seed: UInt64 = 88_172_645_463_325_252
    func random() -> Int {
      seed ^= seed << 13
      seed ^= seed >> 7
      seed ^= seed << 17
      return Int(seed >> 33)
    }
    var heads = 0
    for _ in 0..<20_000 {
      var bytes = good
      for _ in 0..<1 + random() % 3 {
        bytes[24 + random() % (bytes.count - 24)] = UInt8(truncatingIfNeeded: random())
      }
      let session = try HTTP2SessionTests.server()
      try? session.receive(bytes.span, at: HTTP2SessionTests.start)
      for case .head(_, let block, _) in session.takeEvents() {
        heads += 1
        _ = try? HTTP2Request.head(block)
      }
      _ = session.takeOutput(upTo: 1 << 20, at: HTTP2SessionTests.start)
    }
    #expect(heads > 10_000)
  }

  @Test func `the same bytes give the same events, however they are cut`() throws {
    let bytes =
      Frame.preface + Frame(.settings).bytes + Frame.request(1).bytes
      + Frame.request(3, method: "POST", isEnd: false).bytes
      + Frame(.data, flags: Frame.endStream, stream: 3, [1, 2, 3]).bytes
    let session = try HTTP2SessionTests.server()
    for byte in bytes { try session.receive([byte].span, at: HTTP2SessionTests.start) }
    var body: [UInt8] = []
    var heads: [Int32] = []
    var ends: [Int32] = []
    for event in session.takeEvents() {
      switch event {
      case .head(let id, let block, let isEnd):
        #expect(block.authority == "test")
        heads.append(id)
        if isEnd { ends.append(id) }
      case .data(_, let piece): body += piece
      case .end(let id): ends.append(id)
      default: Issue.record("an event that nobody caused: \(event)")
      }
    }
    #expect(heads == [1, 3])
    #expect(ends == [1, 3])
    #expect(body == [1, 2, 3])
  }

  @Test func `a budget fills up with time and what earns it`() {
    var budget = RateBudget(burst: 3, perSecond: 10)
    var spent: [Bool] = []
    for milliseconds in [0, 0, 0, 0, 99, 100, 199] {
      let now = HTTP2SessionTests.start + .milliseconds(milliseconds)
      spent.append(budget.spend(at: now))
    }
    #expect(spent == [true, true, true, false, false, true, false])
    budget.earn(100)
    spent = (0..<4).map { _ in budget.spend(at: HTTP2SessionTests.start + .milliseconds(199)) }
    #expect(spent == [true, true, true, false])
    spent = (0..<4).map { _ in budget.spend(at: HTTP2SessionTests.start + .seconds(7_200)) }
    #expect(spent == [true, true, true, false])
  }
}
