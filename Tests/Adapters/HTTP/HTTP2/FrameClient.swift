import CNghttp2
import Domain
import Ports
import SystemAdapter
import Testing

@testable import HTTPAdapter

/// One HTTP/2 frame, as it is on the wire.
struct Frame: Hashable, Sendable, CustomStringConvertible {
  enum Kind: UInt8, Sendable {
    case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate
    case continuation
  }

  var kind: UInt8
  var flags: UInt8 = 0
  var stream: UInt32 = 0
  var payload: [UInt8] = []

  init(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
    self.kind = kind.rawValue
    self.flags = flags
    self.stream = stream
    self.payload = payload
  }

  init(head: [UInt8], payload: [UInt8]) {
    kind = head[3]
    flags = head[4]
    stream = Frame.number(head[5...])
    self.payload = payload
  }

  static let endStream: UInt8 = 1
  static let endHeaders: UInt8 = 4
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  var bytes: [UInt8] {
    let count = payload.count
    return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), kind, flags]
      + Frame.bytes(stream) + payload
  }

  static func bytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  static func number(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  var isAcknowledgement: Bool { flags & 1 != 0 }

  /// The error code of a GOAWAY or RST_STREAM.
  var code: HTTP2Code? {
    switch kind {
    case Kind.goAway.rawValue: HTTP2Code(Frame.number(payload.dropFirst(4)))
    case Kind.reset.rawValue: HTTP2Code(Frame.number(payload))
    default: nil
    }
  }

  var description: String {
    "frame \(kind) of stream \(stream), flags \(flags), \(payload.count) bytes"
  }

  static func isKind(_ kind: Kind, stream: UInt32? = nil) -> @Sendable (Frame) -> Bool {
    { $0.kind == kind.rawValue && (stream == nil || $0.stream == stream) }
  }

  /// A header list without compression: every field literal and not remembered.
  static func list(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { name, value in [0] + text(name) + text(value) }
  }

  static func text(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
    var prefix: [UInt8] = [127]
    var rest = bytes.count - 127
    while rest >= 128 {
      prefix.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    return prefix + [UInt8(rest)] + bytes
  }

  static func request(
    _ stream: UInt32, method: String = "GET", path: String = "/", isEnd: Bool = true,
    _ fields: [(String, String)] = []
  ) -> Frame {
    let list = list(
      [(":method", method), (":scheme", "http"), (":path", path), (":authority", "test")]
        + fields)
    return Frame(
      .headers, flags: endHeaders | (isEnd ? endStream : 0), stream: stream, list)
  }
}

/// A client that sends frames as it is told, whatever the protocol says.
actor FrameClient {
  private let raw: RawClient
  private let loop: EventLoop
  private var inflater: OpaquePointer?
  private(set) var seen: [Frame] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ raw: RawClient, on loop: EventLoop) {
    self.raw = raw
    self.loop = loop
    nghttp2_hd_inflate_new(&inflater)
  }

  isolated deinit { nghttp2_hd_inflate_del(inflater) }

  func send(_ frames: Frame...) async throws {
    try await raw.send(bytes: frames.flatMap(\.bytes))
  }

  func send(bytes: [UInt8]) async throws {
    try await raw.send(bytes: bytes)
  }

  /// The preface and empty settings.
  func begin() async throws {
    try await raw.send(bytes: Frame.preface + Frame(.settings).bytes)
  }

  /// The next frame; nil at the end of the connection.
  func next() async throws -> Frame? {
    guard let head = try await raw.receive(count: 9) else { return nil }
    let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    guard let payload = try await raw.receive(count: count) else { return nil }
    let frame = Frame(head: head, payload: payload)
    seen.append(frame)
    return frame
  }

  /// The next frame that fits; nil when the connection ends before.
  func first(_ fits: @Sendable (Frame) -> Bool) async throws -> Frame? {
    while let frame = try await next() {
      if fits(frame) { return frame }
    }
    return nil
  }

  /// By how much the window of a stream has been opened so far.
  func granted(_ stream: UInt32) -> Int {
    seen.filter(Frame.isKind(.windowUpdate, stream: stream))
      .reduce(0) { $0 + Int(Frame.number($1.payload)) }
  }

  /// The fields of a header frame, by their names.
  func fields(_ frame: Frame) -> [String: String] {
    var fields: [String: String] = [:]
    var rest = frame.payload
    while true {
      var field = nghttp2_nv()
      var flags: Int32 = 0
      let count = nghttp2_hd_inflate_hd2(inflater, &field, &flags, rest, rest.count, 1)
      guard count >= 0 else { return fields }
      rest.removeFirst(count)
      if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
        let name = UnsafeBufferPointer(start: field.name, count: field.namelen)
        let value = UnsafeBufferPointer(start: field.value, count: field.valuelen)
        fields[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
      }
      if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
        nghttp2_hd_inflate_end_headers(inflater)
        return fields
      }
      if count == 0 { return fields }
    }
  }

  /// Head and body of the answer on a stream.
  func answer(_ stream: UInt32) async throws -> (fields: [String: String], body: [UInt8]) {
    var answer: (fields: [String: String], body: [UInt8]) = ([:], [])
    while let frame = try await next() {
      if frame.kind == Frame.Kind.headers.rawValue {
        // Every list is read, since the compression remembers.
        let fields = fields(frame)
        if frame.stream == stream { answer.fields.merge(fields) { $1 } }
      }
      guard frame.stream == stream else { continue }
      if frame.kind == Frame.Kind.reset.rawValue { return answer }
      if frame.kind == Frame.Kind.data.rawValue { answer.body += frame.payload }
      if frame.flags & Frame.endStream != 0 { return answer }
    }
    throw HTTPError.disconnected
  }

  func close() async { await raw.close() }

  /// Whether the server ends the connection.
  func isOver() async -> Bool { await raw.isOver() }
}

extension ServerFixture {
  /// A connection on which nothing but the preface was sent.
  func frames(receiveBytes: Int32 = 0) async throws -> FrameClient {
    let client = FrameClient(try await connect(receiveBytes: receiveBytes), on: loop)
    try await client.begin()
    return client
  }
}
