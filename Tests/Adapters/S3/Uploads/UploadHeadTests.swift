import Testing

@testable import S3Adapter

@Suite struct UploadHeadTests {
  private static let heads: [UploadHead] = [.open, planned, .done(size: 7, digest: "d")].map {
    var head = UploadHead(key: "a/b", contentType: " x y ", direct: "u\n \u{0}é")
    head.state = $0
    return head
  }

  private static let planned = UploadHead.State.planned(
    UploadPlan(parts: [
      PlannedPart(number: 1, size: 9, place: .direct, tag: "t", checksum: "c="),
      PlannedPart(number: 2, size: 0, place: .own, tag: ""),
    ]))

  @Test(arguments: heads)
  func `a head is read as it was written`(_ head: UploadHead) {
    #expect(UploadHead(decoding: head.encoded) == head)
  }

  /// Goal: a head that was cut or changed is never another head: parts would be missing.
  @Test(arguments: heads)
  func `no part of a head is a head`(_ head: UploadHead) {
    let whole = head.encoded
    for count in 0..<whole.count {
      #expect(UploadHead(decoding: Array(whole.prefix(count))) == nil)
    }
    #expect(UploadHead(decoding: whole + [0x0a]) == nil)
    #expect(UploadHead(decoding: [0x20] + whole) == nil)
  }

  @Test func `a plan takes the way that costs least`() {
    func way(_ sizes: [(Int64, PlannedPart.Place)]) -> UploadPlan.Way {
      UploadPlan(
        parts: sizes.enumerated().map {
          PlannedPart(number: $0 + 1, size: $1.0, place: $1.1, tag: "t")
        }
      ).way(wholeBytesMax: 10)
    }
    #expect(way([(0, .own)]) == .whole)
    #expect(way([(5, .own), (5, .own)]) == .whole)
    #expect(way([(5, .own), (6, .own)]) == .merged)
    #expect(way([(50, .direct)]) == .direct(last: nil))
    #expect(
      way([(50, .direct), (0, .own), (3, .own)])
        == .direct(last: PlannedPart(number: 3, size: 3, place: .own, tag: "t")))
    #expect(way([(3, .own), (50, .direct)]) == .merged)
  }
}
