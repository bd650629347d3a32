import CLinux
import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import HTTPAdapter

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerLimitTests {
  private static let hello = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  @Sendable private static func ok(_ request: HTTPRequest) async -> HTTPResponse {
    HTTPResponse(status: 200, body: .bytes(Array("done".utf8)))
  }

  @Test func `a head that does not come in time is given up`() async throws {
    try await withLimits { limits in
      limits.headWithin = .milliseconds(300)
    } serving: {
      await Self.ok($0)
    } body: { server in
      let drip = try await server.connect()
      try await drip.send("GET / HTTP/1.1\r\nHo")
      #expect(try await drip.receiveRest().hasPrefix("HTTP/1.1 408 "))
      let silent = try await server.connect()
      #expect(try await silent.receiveRest() == "")
      let second = try await server.connect()
      try await second.send(Self.hello + "G")
      let answers = try await second.receiveRest()
      #expect(answers.hasPrefix("HTTP/1.1 200 "))
      #expect(answers.contains("HTTP/1.1 408 "))
    }
  }

  @Test func `a connection that waits too long for its next request is closed`() async throws {
    try await withLimits { limits in
      limits.idleMax = .milliseconds(30)
    } serving: {
      await Self.ok($0)
    } body: { server in
      let client = try await server.connect()
      try await client.send(Self.hello)
      #expect(try await client.receiveRest().hasSuffix("done"))
    }
  }

  @Test func `a body slower than the least rate is given up`() async throws {
    try await withLimits { limits in
      limits.bodyGrace = .milliseconds(30)
      limits.bodyBytesPerSecondMin = 1_000_000
    } serving: { request in
      do {
        _ = try await request.body.collect()
        return HTTPResponse(status: 200)
      } catch {
        return HTTPResponse(status: error as? HTTPError == .timedOut ? 408 : 400)
      }
    } body: { server in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
      #expect(try await client.receiveRest().hasPrefix("HTTP/1.1 408 "))
    }
  }

  @Test func `a reader that takes nothing is cut off`() async throws {
    let ended = OneShot<HTTPError?>()
    try await withLimits { limits in
      limits.writeStallMax = .milliseconds(30)
    } serving: { _ in
      HTTPResponse(
        status: 200,
        body: .stream { sink in
          do throws(HTTPError) {
            while true { try await sink.write([UInt8](repeating: 1, count: 65_536)) }
          } catch {
            ended.send(error)
            throw error
          }
        })
    } body: { server in
      let client = try await server.connect(receiveBytes: 4_096)
      try await client.send(Self.hello)
      #expect(await ended.value == .timedOut)
      #expect(await client.isOver())
    }
  }

  @Test func `connections beyond the limit wait until one ends`() async throws {
    try await withLimits { limits in
      limits.connectionsMax = 2
    } serving: {
      await Self.ok($0)
    } body: { server in
      let holders = [try await server.connect(), try await server.connect()]
      for holder in holders {
        try await holder.send(Self.hello)
        _ = try await holder.receive(through: "done")
      }
      let waiting = try await server.connect()
      try await waiting.send(Self.hello)
      try await holders[0].send(Self.hello)
      _ = try await holders[0].receive(through: "done")
      await holders[1].close()
      #expect(try await waiting.receive(through: "done").contains("200 OK"))
      await holders[0].close()
      await waiting.close()
    }
  }

  @Test func `five hundred stalled clients do not hold up another one`() async throws {
    try await withServer {
      await Self.ok($0)
    } body: { server in
      var stalled: [RawClient] = []
      for number in 0..<500 {
        let client = try await server.connect()
        let body = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123"
        try await client.send(number % 2 == 0 ? "GET / HT" : body)
        stalled.append(client)
      }
      let client = try await server.connect()
      for _ in 0..<50 {
        try await client.send(Self.hello)
        _ = try await client.receive(through: "done")
      }
      for client in stalled + [client] { await client.close() }
    }
  }

  /// Goal: what is not pulled stays with the client.
  @Test func `a body that nobody pulls is not read`() async throws {
    let (arrived, proceed) = (OneShot<Void>(), OneShot<Void>())
    try await withServer { request in
      await request.body.allow(upTo: .max)
      arrived.send()
      await proceed.value
      let count = try? await request.body.collect().count
      return HTTPResponse(status: 200, body: .bytes(Array("\(count ?? -1)".utf8)))
    } body: { server in
      let size = 40_000_000
      // Made before there is a connection: its deadlines run while the loop is busy.
      let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
      let client = try await server.connect()
      let sent = OneShot<Void>()
      let sending = Task(executorPreference: server.loop) {
        // When the server hangs up, nobody else will say that nothing arrives.
        defer { arrived.send() }
        try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
        try await client.send(bytes: body)
        sent.send()
      }
      await arrived.value
      // Everything that loopback buffers is far less than the body: the sender must be waiting.
      for _ in 0..<2_000 { await Task.yield() }
      #expect(!sent.isSent)
      proceed.send()
      #expect(try await client.receive(through: "\(size)").contains("200 OK"))
      try await sending.value
      await client.close()
    }
  }

  @Test func `a stream is cancelled when its reader leaves, however quiet it is`() async throws {
    let (begun, cancelled) = (OneShot<Void>(), OneShot<Void>())
    try await withServer { _ in
      HTTPResponse(
        status: 200,
        body: .stream { sink in
          try await sink.write([1])
          begun.send()
          await withTaskCancellationHandler {
            await cancelled.value
          } onCancel: {
            cancelled.send()
          }
        })
    } body: { server in
      let client = try await server.connect()
      try await client.send(Self.hello)
      await begun.value
      await client.close()
      await cancelled.value
    }
  }

  @Test func `a half-closed client gets its answer`() async throws {
    try await withServer {
      await Self.ok($0)
    } body: { server in
      let client = try await server.connect()
      try await client.send(Self.hello)
      await client.endSending()
      #expect(try await client.receiveRest().hasSuffix("done"))
    }
  }

  @Test func `what does not end in time is cut off when the server ends`() async throws {
    let (arrived, cancelled) = (OneShot<Void>(), OneShot<Void>())
    try await withLimits { limits in
      limits.drainWithin = .milliseconds(30)
    } serving: { _ in
      arrived.send()
      await withTaskCancellationHandler {
        await cancelled.value
      } onCancel: {
        cancelled.send()
      }
      return HTTPResponse(status: 200)
    } body: { server in
      let client = try await server.connect()
      try await client.send(Self.hello)
      await arrived.value
      try await server.stop()
      await cancelled.value
      await #expect(throws: HTTPError.disconnected) { try await client.receiveRest() }
    }
  }

  /// Method: what is cut off at the end of the drain is reset; an idle connection ends in order.
  @Test func `an idle connection does not hold up the end of a server`() async throws {
    try await withServer {
      await Self.ok($0)
    } body: { server in
      let client = try await server.connect()
      try await client.send(Self.hello)
      _ = try await client.receive(through: "done")
      try await server.stop()
      #expect(try await client.receiveRest() == "")
    }
  }
}
