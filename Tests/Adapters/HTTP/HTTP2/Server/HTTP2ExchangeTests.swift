import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import HTTPAdapter

@Suite(.timeLimit(.minutes(2)))
struct HTTP2ExchangeTests {
  @Test func `both versions reach the same handler at one port`() async throws {
    try await withServer { request in
      let body = (try? await request.body.collect()) ?? []
      return HTTPResponse(
        status: 201, fields: [HTTPField("X-Path", request.path)],
        body: .bytes(Array("\(request.method) \(request.query ?? "")".utf8) + body))
    } body: { server in
      let old = try await server.answer(
        to: "GET /a?b HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
      #expect(old.hasPrefix("HTTP/1.1 201") && old.hasSuffix("GET b"))
      let client = try await server.frames()
      try await client.send(.request(1, path: "/a?b"))
      let answer = try await client.answer(1)
      #expect(answer.fields[":status"] == "201")
      #expect(answer.fields["x-path"] == "/a")
      #expect(answer.fields["content-length"] == "5")
      #expect(answer.body == Array("GET b".utf8))
      try await client.send(
        .request(3, method: "POST", isEnd: false, [("content-length", "3")]),
        Frame(.data, stream: 3, [1, 2]), Frame(.data, flags: Frame.endStream, stream: 3, [3]))
      #expect(try await client.answer(3).body == Array("POST ".utf8) + [1, 2, 3])
    }
  }

  @Test func `a request arrives as it would over the other version`() async throws {
    let seen = OneShot<HTTPRequest>()
    try await withServer { request in
      seen.send(request)
      return HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      try await client.send(
        .request(1, path: "/x%2Fy", [("cookie", "a=1"), ("x-one", "1"), ("cookie", "b=2")]))
      #expect(try await client.answer(1).fields[":status"] == "200")
      let request = await seen.value
      #expect(request.path == "/x%2Fy")
      #expect(request.fields["Host"] == "test")
      #expect(request.fields["cookie"] == "a=1; b=2")
      #expect(request.fields["X-One"] == "1")
      #expect(!request.peer.isEmpty)
    }
  }

  /// What the two versions must judge alike.
  @Test(arguments: [
    ("BREW", "/", [], "501"), ("GET", "//x y", [], "400"), ("GET", "/%00", [], "400"),
    ("GET", "http://test/", [], "400"), ("GET", "/", [("host", "other")], "400"),
    ("GET", "/", [("expect", "miracles")], "417"),
  ])
  func `what a handler must not see is answered by the server`(
    method: String, path: String, fields: [(String, String)], status: String
  ) async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      try await client.send(.request(1, method: method, path: path, fields))
      let frame = try #require(
        try await client.first {
          Frame.isKind(.headers)($0) || Frame.isKind(.reset)($0)
        })
      // What is no HTTP at all is refused by the library, without an answer.
      guard frame.kind == Frame.Kind.headers.rawValue else {
        return #expect(frame.code == .protocolError)
      }
      let answered = await client.fields(frame)
      #expect(answered[":status"] == status)
      #expect(answered["content-type"] == "application/problem+json")
    }
  }

  @Test(arguments: [
    [("Upper", "x")], [("connection", "close")], [("transfer-encoding", "chunked")],
    [("x", "a\u{0}b")], [("content-length", "x")], [(":path", "/twice")],
  ])
  func `a malformed request is reset and no other one suffers`(
    fields: [(String, String)]
  ) async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      try await client.send(.request(1, fields), .request(3))
      let reset = try await client.first(Frame.isKind(.reset, stream: 1))
      #expect(reset?.code == .protocolError)
      try await client.send(.request(5))
      #expect(try await client.answer(5).fields[":status"] == "200")
    }
  }

  @Test func `a body that is not as long as announced is reset`() async throws {
    let outcome = OneShot<HTTPError?>()
    try await withServer { request in
      do throws(HTTPError) {
        _ = try await request.body.collect()
        outcome.send(nil)
      } catch {
        outcome.send(error)
      }
      return HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      try await client.send(
        .request(1, method: "POST", isEnd: false, [("content-length", "5")]),
        Frame(.data, flags: Frame.endStream, stream: 1, [1, 2]))
      #expect(try await client.first(Frame.isKind(.reset, stream: 1))?.code == .protocolError)
      #expect(await outcome.value == .disconnected)
    }
  }

  @Test func `a client that waits for it is told to go on`() async throws {
    try await withServer { request in
      HTTPResponse(status: 200, body: .bytes((try? await request.body.collect()) ?? []))
    } body: { server in
      let client = try await server.frames()
      try await client.send(
        .request(1, method: "PUT", isEnd: false, [("expect", "100-continue")]))
      let interim = try #require(try await client.first(Frame.isKind(.headers)))
      #expect(await client.fields(interim)[":status"] == "100")
      try await client.send(Frame(.data, flags: Frame.endStream, stream: 1, [7]))
      #expect(try await client.answer(1).body == [7])
    }
  }

  @Test func `a body that nobody reads stops at its window`() async throws {
    let go = OneShot<Void>()
    try await withServer { request in
      await go.value
      await request.body.allow(upTo: .max)
      return HTTPResponse(
        status: 200, body: .bytes(Array("\((try? await request.body.collect().count) ?? -1)".utf8)))
    } body: { server in
      defer { go.send() }
      let client = try await server.frames()
      let piece = [UInt8](repeating: 1, count: 16_384)
      try await client.send(.request(1, method: "POST", isEnd: false))
      for _ in 0..<3 { try await client.send(Frame(.data, stream: 1, piece)) }
      // Nothing that was sent so far opens the window: the answer to the question comes first.
      try await client.send(Frame(.ping, [UInt8](repeating: 9, count: 8)))
      _ = try await client.first { Frame.isKind(.ping)($0) && $0.isAcknowledgement }
      let early = await client.seen.filter(Frame.isKind(.windowUpdate, stream: 1))
      #expect(early.isEmpty)
      go.send()
      #expect(try await client.first(Frame.isKind(.windowUpdate, stream: 1)) != nil)
      try await client.send(Frame(.data, flags: Frame.endStream, stream: 1, piece))
      #expect(try await client.answer(1).body == Array("65536".utf8))
    }
  }

  @Test func `an early answer lets the client send its body to the end`() async throws {
    try await withServer { _ in
      HTTPResponse(status: 413, body: .bytes(Array("no".utf8)))
    } body: { server in
      let client = try await server.frames()
      let piece = [UInt8](repeating: 1, count: 16_384)
      try await client.send(.request(1, method: "POST", isEnd: false))
      for _ in 0..<3 { try await client.send(Frame(.data, stream: 1, piece)) }
      let answer = try await client.answer(1)
      #expect(answer.fields[":status"] == "413")
      #expect(answer.body == Array("no".utf8))
      // What was sent is taken back from the window, so that the rest has room.
      var granted = await client.granted(1)
      while granted < 65_536 / 2 {
        _ = try #require(try await client.first(Frame.isKind(.windowUpdate, stream: 1)))
        granted = await client.granted(1)
      }
      try await client.send(Frame(.data, flags: Frame.endStream, stream: 1, piece))
      try await client.send(.request(3))
      #expect(try await client.answer(3).fields[":status"] == "413")
      #expect(await client.seen.filter(Frame.isKind(.reset, stream: 1)).isEmpty)
    }
  }

  @Test func `a body that goes on behind its answer is not waited for`() async throws {
    try await withLimits {
      $0.lingerMax = .milliseconds(50)
    } serving: { _ in
      HTTPResponse(status: 413)
    } body: { server in
      let client = try await server.frames()
      try await client.send(.request(1, method: "POST", isEnd: false))
      #expect(try await client.answer(1).fields[":status"] == "413")
      let reset = try await client.first(Frame.isKind(.reset, stream: 1))
      #expect(reset?.code == HTTP2Code.none)
    }
  }

  @Test func `an answer that is not read holds its writer back and is given up`() async throws {
    let written = OneShot<Int>()
    try await withLimits {
      $0.writeStallMax = .milliseconds(200)
    } serving: { _ in
      HTTPResponse(
        status: 200,
        body: .stream { sink in
          var count = 0
          defer { written.send(count) }
          while true {
            try await sink.write([UInt8](repeating: 5, count: 10_000))
            count += 10_000
          }
        })
    } body: { server in
      let client = try await server.frames()
      try await client.send(.request(1))
      #expect(try await client.first(Frame.isKind(.reset, stream: 1))?.code == .cancel)
      // The client's window of 65,535 bytes and our buffer, no more.
      #expect(await written.value <= 65_535 + 65_536 + 10_000)
      try await client.send(.request(3, path: "/alive", [("x", "y")]))
      #expect(try await client.first(Frame.isKind(.headers, stream: 3)) != nil)
    }
  }

  @Test func `a body that breaks off is reset`() async throws {
    try await withServer { _ in
      HTTPResponse(
        status: 200,
        body: .stream { sink in
          try await sink.write([1])
          throw HTTPError.malformed("broken")
        })
    } body: { server in
      let client = try await server.frames()
      try await client.send(.request(1))
      #expect(try await client.first(Frame.isKind(.reset, stream: 1))?.code == .internalError)
    }
  }

  @Test func `a client that resets its stream cancels the handler`() async throws {
    let (arrived, cancelled) = (OneShot<Void>(), OneShot<Void>())
    try await withServer { _ in
      arrived.send()
      await withTaskCancellationHandler {
        await cancelled.value
      } onCancel: {
        cancelled.send()
      }
      return HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.frames()
      try await client.send(.request(1))
      await arrived.value
      try await client.send(Frame(.reset, stream: 1, Frame.bytes(HTTP2Code.cancel.rawValue)))
      await cancelled.value
    }
  }

  @Test func `a server that ends says so twice and answers what it has begun`() async throws {
    let (arrived, proceed) = (OneShot<Void>(), OneShot<Void>())
    try await withServer { _ in
      arrived.send()
      await proceed.value
      return HTTPResponse(status: 200, body: .bytes([1]))
    } body: { server in
      defer { proceed.send() }
      let client = try await server.frames()
      try await client.send(.request(1))
      await arrived.value
      let stopping = Task { try await server.stop() }
      let first = try #require(try await client.first(Frame.isKind(.goAway)))
      #expect(Frame.number(first.payload) == .max >> 1)
      let ping = try #require(
        try await client.first { Frame.isKind(.ping)($0) && !$0.isAcknowledgement })
      try await client.send(Frame(.ping, flags: 1, ping.payload))
      let second = try #require(try await client.first(Frame.isKind(.goAway)))
      #expect(Frame.number(second.payload) == 1)
      #expect(second.code == HTTP2Code.none)
      proceed.send()
      #expect(try await client.answer(1).body == [1])
      #expect(await client.isOver())
      try await stopping.value
    }
  }

  @Test func `an idle connection is ended in good order`() async throws {
    try await withLimits {
      $0.idleMax = .milliseconds(100)
      $0.headWithin = .milliseconds(100)
    } serving: { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let silent = try await server.frames()
      #expect(try await silent.first(Frame.isKind(.goAway))?.code == HTTP2Code.none)
      #expect(await silent.isOver())
      let client = try await server.frames()
      try await client.send(.request(1))
      #expect(try await client.answer(1).fields[":status"] == "200")
      #expect(try await client.first(Frame.isKind(.goAway))?.code == HTTP2Code.none)
      #expect(await client.isOver())
    }
  }
}
