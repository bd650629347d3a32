import Domain
import Ports
import Synchronization
import SystemAdapter
import TestSupport
import Testing

@testable import HTTPAdapter

/// T-H2: what a client does that is no client.
@Suite(.timeLimit(.minutes(2)))
struct HTTP2HostilityTests {
  /// Bytes that are sent again and again on one connection.
  struct Flood: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var begin: [Frame] = []
    var frames: @Sendable (Int) -> [Frame]
  }

  static let floods: [Flood] = [
    Flood(testDescription: "rapid reset") { turn in
      let stream = UInt32(2 * turn + 1)
      return [.request(stream), Frame(.reset, stream: stream, Frame.bytes(8))]
    },
    Flood(testDescription: "continuations", begin: [Frame(.headers, stream: 1)]) { _ in
      [Frame(.continuation, stream: 1, Frame.list([("x", "y")]))]
    },
    Flood(testDescription: "pings") { _ in [Frame(.ping, [UInt8](repeating: 0, count: 8))] },
    Flood(testDescription: "settings") { _ in [Frame(.settings, [0, 4, 0, 0, 255, 255])] },
    Flood(testDescription: "priorities") { turn in
      [Frame(.priority, stream: UInt32(2 * (turn % 1_000) + 1), [0, 0, 0, 0, 9])]
    },
    Flood(
      testDescription: "empty data", begin: [.request(1, method: "POST", isEnd: false)]
    ) { _ in [Frame(.data, stream: 1)] },
    Flood(testDescription: "window updates") { _ in [Frame(.windowUpdate, Frame.bytes(1))] },
    Flood(testDescription: "frames of no known kind") { _ in
      var frame = Frame(.ping, [1, 2, 3])
      frame.kind = 99
      return [frame]
    },
    // The server itself is made to reset: streams whose window is opened by nothing.
    Flood(testDescription: "resets made by the server") { turn in
      let stream = UInt32(2 * turn + 1)
      return [
        .request(stream, method: "POST", isEnd: false),
        Frame(.windowUpdate, stream: stream, Frame.bytes(0)),
      ]
    },
  ]

  @Test(arguments: floods)
  func `a flood ends the connection and hurts nobody else`(_ flood: Flood) async throws {
    let running = Tally()
    let highest = Mutex(0)
    try await withServer { _ in
      let now = running.add(1)
      highest.withLock { $0 = max($0, now) }
      await Task.yield()
      running.add(-1)
      return HTTPResponse(status: 200)
    } body: { server in
      let bystander = try await server.frames()
      try await bystander.send(.request(1))
      #expect(try await bystander.answer(1).fields[":status"] == "200")
      let attacker = try await server.frames()
      try await attacker.send(bytes: flood.begin.flatMap(\.bytes))
      // In pieces, since a frame that is never finished is no flood.
      var sent = 0
      var code: HTTP2Code?
      for round in 0..<100 {
        let bytes = (0..<100).flatMap { flood.frames(round * 100 + $0).flatMap(\.bytes) }
        do { try await attacker.send(bytes: bytes) } catch { break }
        sent += 100
      }
      code = try? await attacker.first(Frame.isKind(.goAway))?.code
      #expect(
        code == nil || code == .enhanceYourCalm || code == .protocolError,
        "ended by \(String(describing: code))")
      #expect(await attacker.isOver())
      #expect(highest.withLock { $0 } <= 100)
      try await bystander.send(.request(3))
      #expect(try await bystander.answer(3).fields[":status"] == "200")
    }
  }

  /// Nothing can be said any more to who does not take what was said: it must not cost more than
  /// its own connection.
  @Test func `a flood by who reads nothing ends the connection`() async throws {
    let large = [UInt8](repeating: 1, count: 32_000_000)
    try await withLimits {
      $0.writeStallMax = .seconds(1)
    } serving: { request in
      HTTPResponse(status: 200, body: .bytes(request.path == "/large" ? large : []))
    } body: { server in
      let attacker = try await server.frames(receiveBytes: 4_096)
      try await attacker.send(
        Frame(.settings, [0, 4, 127, 255, 255, 255]),
        Frame(.windowUpdate, Frame.bytes(2_000_000_000)), .request(1, path: "/large"))
      let bystander = try await server.frames()
      try await bystander.send(.request(1))
      #expect(try await bystander.answer(1).fields[":status"] == "200")
      let pings = (0..<3_000).flatMap { _ in Frame(.ping, [0, 0, 0, 0, 0, 0, 0, 0]).bytes }
      do { try await attacker.send(bytes: pings) } catch {}
      try await bystander.send(.request(3))
      #expect(try await bystander.answer(3).fields[":status"] == "200")
      #expect(await attacker.isOver())
    }
  }

  @Test func `a header list beyond the limit is refused, not kept`() async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      let many = (0..<101).map { ("x-\($0)", "") }
      try await client.send(.request(1, many))
      #expect(try await client.answer(1).fields[":status"] == "431")
      // Each entry costs 32 bytes beyond its text, as the table of the compression counts.
      let large = [("x-large", String(repeating: "a", count: 15_000))]
      try await client.send(.request(3, large))
      #expect(try await client.answer(3).fields[":status"] == "200")
      let first = Frame.list([
        (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "test"),
        ("x-a", String(repeating: "a", count: 16_000)),
      ])
      let second = Frame.list([("x-b", String(repeating: "b", count: 16_300))])
      try await client.send(
        Frame(.headers, flags: Frame.endStream, stream: 5, first),
        Frame(.continuation, stream: 5, second),
        Frame(
          .continuation, flags: Frame.endHeaders, stream: 5,
          Frame.list([("x-c", String(repeating: "c", count: 500))])))
      #expect(try await client.answer(5).fields[":status"] == "431")
      try await client.send(.request(7))
      #expect(try await client.answer(7).fields[":status"] == "200")
    }
  }

  @Test func `one byte references do not grow into memory`() async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      // One field of 4,000 bytes is remembered, and then named by one byte, 16,000 times over.
      let remembered = [0x40] + Frame.text("x") + Frame.text(String(repeating: "a", count: 4_000))
      let list = Frame.list([
        (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "test"),
      ])
      try await client.send(
        Frame(
          .headers, flags: Frame.endHeaders | Frame.endStream, stream: 1, list + remembered))
      #expect(try await client.answer(1).fields[":status"] == "200")
      let bomb = [UInt8](repeating: 0x80 | 62, count: 16_000)
      try await client.send(
        Frame(.headers, flags: Frame.endHeaders | Frame.endStream, stream: 3, list + bomb))
      #expect(try await client.first(Frame.isKind(.goAway))?.code == .enhanceYourCalm)
      #expect(await client.isOver())
    }
  }

  @Test func `crumbs of a cookie count one by one`() async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      try await client.send(.request(1, (0..<101).map { ("cookie", "\($0)") }))
      #expect(try await client.answer(1).fields[":status"] == "431")
    }
  }

  /// Frames that break the rules, and what is to come of them.
  @Test(arguments: [
    (
      "data after the end", [Frame.request(1), Frame(.data, stream: 1, [1])], HTTP2Code.streamClosed
    ),
    ("data on no stream", [Frame(.data, stream: 1, [1])], .protocolError),
    ("data on stream zero", [Frame(.data, [1])], .protocolError),
    ("an even stream", [Frame.request(2)], .protocolError),
    ("a continuation of nothing", [Frame(.continuation, stream: 1, [])], .protocolError),
    (
      "something inside a header list",
      [Frame(.headers, stream: 1, []), Frame(.ping, [0, 0, 0, 0, 0, 0, 0, 0])], .protocolError
    ),
    (
      "a window that overflows",
      [
        Frame(.windowUpdate, Frame.bytes(.max >> 1)), Frame(.windowUpdate, Frame.bytes(.max >> 1)),
      ], .flowControlError
    ),
    ("a ping of no length", [Frame(.ping)], .frameSizeError),
    ("settings out of bounds", [Frame(.settings, [0, 4, 255, 255, 255, 255])], .flowControlError),
    ("a push", [Frame(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2])], .protocolError),
    (
      "broken compression", [Frame(.headers, flags: 5, stream: 1, [0xff, 0xff, 0xff])],
      .compressionError
    ),
  ])
  func `a broken rule ends the connection with its code`(
    _ name: String, _ frames: [Frame], _ code: HTTP2Code
  ) async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      for frame in frames { try await client.send(frame) }
      let ends = try await client.first {
        Frame.isKind(.goAway)($0) || (Frame.isKind(.reset)($0) && $0.code == code)
      }
      #expect(ends?.code == code, "\(name)")
    }
  }

  @Test func `more than the window is an error`() async throws {
    let go = OneShot<Void>()
    try await withServer { _ in
      await go.value
      return HTTPResponse(status: 200)
    } body: { server in
      defer { go.send() }
      let client = try await server.frames()
      try await client.send(.request(1, method: "POST", isEnd: false))
      for _ in 0..<5 {
        try await client.send(Frame(.data, stream: 1, [UInt8](repeating: 0, count: 16_384)))
      }
      let end = try await client.first { Frame.isKind(.goAway)($0) || Frame.isKind(.reset)($0) }
      #expect(end?.code == .flowControlError)
    }
  }

  @Test(arguments: ["PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "PRI * HTTP/2.0\r\nhost: a\r\n\r\n"])
  func `a preface that is none ends the connection`(_ preface: String) async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let client = FrameClient(try await server.connect(), on: server.loop)
      try await client.send(bytes: Array(preface.utf8))
      #expect(try await client.first(Frame.isKind(.goAway))?.code == .protocolError)
      #expect(await client.isOver())
    }
  }

  /// A stream that was reset counts until its handler has returned.
  @Test func `handlers are bounded whatever becomes of their streams`() async throws {
    let (proceed, running) = (OneShot<Void>(), Tally())
    try await withLimits {
      $0.http2.streamsMax = 4
      $0.http2.resetsBurst = 1_000
    } serving: { _ in
      running.add(1)
      await proceed.value
      return HTTPResponse(status: 200)
    } body: { server in
      defer { proceed.send() }
      let client = try await server.frames()
      for number in 0..<20 {
        let stream = UInt32(2 * number + 1)
        try await client.send(.request(stream), Frame(.reset, stream: stream, Frame.bytes(8)))
      }
      try await client.send(.request(101))
      #expect(try await client.first(Frame.isKind(.reset, stream: 101))?.code == .refusedStream)
      #expect(running.value == 4)
    }
  }

  @Test func `a client that sends its head drop by drop is not waited for`() async throws {
    try await withLimits {
      $0.headWithin = .milliseconds(200)
    } serving: { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let slow = FrameClient(try await server.connect(), on: server.loop)
      try await slow.send(bytes: Array("PRI * HT".utf8))
      #expect(await slow.isOver())
      let silent = try await server.frames()
      try await silent.send(bytes: Array(Frame.request(1).bytes.prefix(12)))
      #expect(try await silent.first(Frame.isKind(.goAway)) != nil)
      #expect(await silent.isOver())
    }
  }
}
