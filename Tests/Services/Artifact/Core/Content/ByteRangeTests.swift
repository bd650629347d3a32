import ArtifactCore
import Testing

struct ByteRangeTests {
  @Test(
    arguments: [
      ("bytes=0-0", 0..<1), ("bytes=0-9", 0..<10), ("bytes=5-", 5..<10), ("bytes=-3", 7..<10),
      ("bytes=-100", 0..<10), ("bytes=9-9", 9..<10), ("bytes=3-99999999999999999999999", 3..<10),
      ("BYTES=1-2", 1..<3), ("bytes=0-9223372036854775807", 0..<10),
    ] as [(String, Range<Int64>)])
  func `a range is cut to the content`(field: String, part: Range<Int64>) {
    #expect(ByteRange(field, size: 10) == .part(part))
  }

  @Test(arguments: [
    "bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999-",
  ])
  func `a range behind the end cannot be satisfied`(field: String) {
    #expect(ByteRange(field, size: 10) == .unsatisfiable)
  }

  /// RFC 9110 §14.2: what cannot be read or is not wanted is ignored.
  @Test(arguments: [
    "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1-2,4-5", "items=1-2",
    "bytes=+1-2", "bytes=0x1-2", "bytes=1--2", "bytes= 1-2", "bytes=1-2-3", "bytes=-1-2",
    "bytes=" + String(repeating: "9", count: 100) + "-",
  ])
  func `what is no single range of bytes is the whole content`(field: String) {
    #expect(ByteRange(field, size: 10) == .whole)
  }

  @Test func `an empty content has no ranges`() {
    for field in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
      #expect(ByteRange(field, size: 0) == .unsatisfiable)
    }
    #expect(ByteRange(nil, size: 0) == .whole)
  }
}
