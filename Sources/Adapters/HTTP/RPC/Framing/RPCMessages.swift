internal import Ports

/// Messages out of the bytes of a body: one byte of flags, four of length, and so many bytes.
struct RPCMessageReader: Sendable {
  private let bytesMax: Int
  private var input = InputBuffer()

  private static let headBytes = 5

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  /// Whether the bytes end within a message.
  var isCutOff: Bool { !input.isEmpty }

  mutating func append(_ bytes: [UInt8]) {
    input.append(bytes.span)
  }

  /// The next message; nil when more bytes must arrive.
  ///
  /// - Throws: before anything of a message that is too large is kept beyond what has arrived.
  mutating func next() throws(RPCError) -> [UInt8]? {
    guard input.count >= RPCMessageReader.headBytes else { return nil }
    let (flags, count) = input.withSpan { span in
      (span[0], (1..<5).reduce(0) { $0 << 8 | Int(span[$1]) })
    }
    guard flags == 0 else {
      throw RPCError(.internal, "a compressed message in a call without compression")
    }
    guard count <= bytesMax else {
      throw RPCError(
        .resourceExhausted, "a message of \(count) bytes; at most \(bytesMax) are taken")
    }
    guard input.count >= RPCMessageReader.headBytes + count else { return nil }
    input.drop(RPCMessageReader.headBytes)
    return input.take(count)
  }

  static func frame(_ message: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = []
    frame.reserveCapacity(headBytes + message.count)
    frame.append(0)
    let count = UInt32(truncatingIfNeeded: message.count)
    for shift in [24, 16, 8, 0] { frame.append(UInt8(truncatingIfNeeded: count >> UInt32(shift))) }
    frame += message
    return frame
  }
}
