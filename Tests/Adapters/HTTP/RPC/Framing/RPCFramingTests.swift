import Ports
import Testing

@testable import HTTPAdapter

struct RPCFramingTests {
  @Test func `messages come whole, however their bytes are cut`() throws {
    let messages: [[UInt8]] = [[], [1], Array(repeating: 7, count: 300), []]
    let bytes = messages.flatMap(RPCMessageReader.frame)
    for size in [1, 2, 3, 5, 100, bytes.count] {
      var reader = RPCMessageReader(bytesMax: 300)
      var read: [[UInt8]] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        reader.append(Array(bytes[start..<min(start + size, bytes.count)]))
        while let message = try reader.next() { read.append(message) }
      }
      #expect(read == messages)
      #expect(!reader.isCutOff)
    }
  }

  @Test func `a message beyond the limit is refused by its head alone`() {
    var reader = RPCMessageReader(bytesMax: 300)
    reader.append([0, 255, 255, 255, 255])
    #expect(throws: RPCError.self) { try reader.next() }
    var exact = RPCMessageReader(bytesMax: 300)
    exact.append([0, 0, 0, 1, 45])
    #expect(throws: RPCError.self) { try exact.next() }
    var compressed = RPCMessageReader(bytesMax: 300)
    compressed.append([1, 0, 0, 0, 0])
    #expect(throws: RPCError.self) { try compressed.next() }
  }

  @Test(arguments: [
    ("1H", Duration.seconds(3_600)), ("99999999M", .seconds(5_999_999_940)), ("7S", .seconds(7)),
    ("20m", .milliseconds(20)), ("5u", .microseconds(5)), ("9n", .nanoseconds(9)), ("0n", .zero),
  ])
  func `a time-out is read by its unit`(_ text: String, _ length: Duration) {
    #expect(RPCTimeout.parse(text) == length)
  }

  @Test(arguments: ["", "S", "1", "1s", "-1S", "+1S", "1 S", "123456789S", "1.5S", "0x1S", "١S"])
  func `what is no time-out is refused`(_ text: String) {
    #expect(RPCTimeout.parse(text) == nil)
  }

  @Test func `a time-out is never written longer than it is`() {
    for exponent in 0..<19 {
      var length = Duration.nanoseconds(1)
      for _ in 0..<exponent { length *= 10 }
      let read = RPCTimeout.parse(RPCTimeout.text(length))
      #expect(read.map { $0 <= length } == true)
    }
    #expect(RPCTimeout.text(.seconds(30)) == "30000000u")
  }

  @Test func `a status is the same at the other side`() {
    let errors = [
      RPCError(.notFound, ""), RPCError(.dataLoss, "100 % ä\n\u{0}"),
      RPCError(
        .aborted, "a",
        details: [
          RPCDetail(type: "type.googleapis.com/a.B", value: [0, 255]),
          RPCDetail(type: "", value: []),
        ]),
    ]
    for error in errors {
      let fields = RPCStatus.fields(error)
      #expect(RPCStatus.error(fields) == error)
      #expect(fields.fields.allSatisfy { $0.value.utf8.allSatisfy { (0x20..<0x7f).contains($0) } })
    }
    #expect(RPCStatus.error(RPCStatus.fields(nil)) == nil)
    #expect(RPCStatus.error([])?.code == .internal)
    #expect(RPCStatus.error([HTTPField("grpc-status", "99")])?.code == .unknown)
    #expect(
      RPCStatus.error([
        HTTPField("grpc-status", "5"), HTTPField("grpc-message", "%zz%4"),
        HTTPField("grpc-status-details-bin", "////"),
      ]) == RPCError(.notFound, "%zz%4"))
  }

  @Test func `base64 goes both ways, padded or not`() {
    for count in 0..<50 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
      let text = Base64.encode(bytes)
      #expect(Base64.decode(text.utf8) == bytes)
      #expect(
        Base64.decode((text + String(repeating: "=", count: (4 - text.count % 4) % 4)).utf8)
          == bytes)
    }
    #expect(Base64.encode(Array("Man is".utf8)) == "TWFuIGlz")
    for broken in ["A", "A=BC", "AB-C", "AB CD", "AA==="] {
      #expect(Base64.decode(broken.utf8) == nil, "\(broken)")
    }
  }
}
