import Ports
import TestSupport
import Testing

@testable import HTTPAdapter

/// Answers with what it was asked.
@Sendable private func mirror(_ request: HTTPRequest) async -> HTTPResponse {
  do {
    let body = try await request.body.collect()
    return HTTPResponse(
      status: 200, body: .bytes(Array("\(request.method) \(request.path) ".utf8) + body))
  } catch HTTPError.tooLarge {
    return HTTPResponse(status: 413)
  } catch {
    return HTTPResponse(status: 400, body: .bytes(Array("\(error)".utf8)))
  }
}

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerExchangeTests {
  @Test func `requests that come together are answered one after the other`() async throws {
    try await withServer(mirror) { server in
      let answer = try await server.answer(
        to: "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
          + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
          + "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
          + "2\r\nde\r\n0\r\n\r\n" + "GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
      let bodies = answer.split(separator: "\r\n\r\n").dropFirst().map {
        $0.split(separator: "HTTP/1.1").first ?? ""
      }
      #expect(bodies == ["GET /1 ", "POST /2 abc", "POST /3 de"])
      #expect(answer.ranges(of: "connection: close").count == 1)
    }
  }

  @Test func `a connection is kept for the next request unless HTTP is 1.0`() async throws {
    try await withServer(mirror) { server in
      let client = try await server.connect()
      for number in 1...3 {
        try await client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await client.receive(through: "GET /\(number) ").contains("200 OK"))
      }
      await client.close()
      let old = try await server.answer(to: "GET / HTTP/1.0\r\n\r\n")
      #expect(old.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(old.hasSuffix("GET / "))
    }
  }

  @Test func `every byte may come alone`() async throws {
    try await withServer(mirror) { server in
      let client = try await server.connect()
      let request =
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      for byte in request { try await client.send(String(byte)) }
      #expect(try await client.receive(through: "POST /x abc").contains("200 OK"))
      await client.close()
    }
  }

  /// The preface of HTTP/2 is refused by the parser only: the server speaks it.
  @Test(arguments: refusedRequests.indices.filter { !refusedRequests[$0].text.hasPrefix("PRI") })
  func `what is refused gets a problem document and the end of the connection`(
    _ index: Int
  ) async throws {
    let (name, text, status) = refusedRequests[index]
    try await withLimits { limits in
      limits.headBytesMax = 2_048
      limits.requestLineBytesMax = 1_024
      limits.fieldsMax = 20
    } serving: {
      await mirror($0)
    } body: { server in
      let answer = try await server.answer(to: text)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(name): \(answer)")
      #expect(answer.contains("connection: close\r\n"), "\(name)")
      guard !text.contains("chunked\r\n\r\n") else { return }
      #expect(answer.contains("content-type: application/problem+json\r\n"), "\(name): \(answer)")
      #expect(answer.contains("\"status\":\(status),"), "\(name)")
    }
  }

  @Test func `the word to go on comes when the handler asks for the body`() async throws {
    try await withServer { request in
      request.path == "/unread" ? HTTPResponse(status: 403) : await mirror(request)
    } body: { server in
      let head = "HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
      let client = try await server.connect()
      try await client.send("POST /read \(head)")
      #expect(try await client.receive(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      try await client.send("abc")
      #expect(try await client.receive(through: "abc").contains("200 OK"))
      try await client.send("POST /unread \(head)")
      let refused = try await client.receiveRest()
      #expect(refused.hasPrefix("HTTP/1.1 403 "))
      #expect(refused.contains("connection: close"))
      await client.close()
    }
  }

  @Test func `what a handler leaves of a body is skipped, or ends the connection`() async throws {
    try await withLimits { limits in
      limits.unreadBodyBytesMax = 100
    } serving: { _ in
      HTTPResponse(status: 200, body: .bytes(Array("done".utf8)))
    } body: { server in
      let client = try await server.connect()
      let small = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
      try await client.send(small + String(repeating: "x", count: 100))
      _ = try await client.receive(through: "done")
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try await client.receive(through: "done")
      let large = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n"
      async let sending: Void = client.send(large + String(repeating: "x", count: 3_000_000))
      let answer = try await client.receiveRest()
      #expect(answer.contains("connection: close"))
      #expect(answer.hasSuffix("done"))
      _ = try? await sending
      await client.close()
    }
  }

  @Test func `a handler cannot add lines to a head, nor frame its answer itself`() async throws {
    try await withServer { request in
      let field =
        request.path == "/split"
        ? HTTPField("x-a", "1\r\nx-b: 2") : HTTPField("Transfer-Encoding", "gzip")
      return HTTPResponse(
        status: 200, fields: [field, HTTPField("Content-Length", "1")], body: .bytes([65, 66]))
    } body: { server in
      let head = "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      let split = try await server.answer(to: "GET /split \(head)")
      #expect(split.hasPrefix("HTTP/1.1 500 "))
      #expect(!split.contains("x-b"))
      let framed = try await server.answer(to: "GET /framed \(head)")
      #expect(framed.contains("content-length: 2\r\n"))
      #expect(!framed.lowercased().contains("gzip"))
      #expect(framed.hasSuffix("\r\n\r\nAB"))
    }
  }

  @Test func `a stream is chunked, counted when its length is known, and bare for HTTP/1.0`()
    async throws
  {
    try await withServer { request in
      HTTPResponse(
        status: 200,
        fields: request.path == "/known" ? [HTTPField("content-length", "4")] : [],
        body: .stream { sink in
          try await sink.write(Array("ab".utf8))
          try await sink.write([])
          try await sink.write(Array("cd".utf8))
        })
    } body: { server in
      let head = "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      let chunked = try await server.answer(to: "GET / \(head)")
      #expect(chunked.hasSuffix("\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"))
      let known = try await server.answer(to: "GET /known \(head)")
      #expect(known.contains("content-length: 4\r\n"))
      #expect(known.hasSuffix("\r\n\r\nabcd"))
      #expect(try await server.answer(to: "GET / HTTP/1.0\r\n\r\n").hasSuffix("\r\n\r\nabcd"))
      let head10 = try await server.answer(to: "HEAD / \(head)")
      #expect(head10.hasSuffix("\r\n\r\n"))
    }
  }

  @Test(arguments: ["ab", "abcdef"])
  func `a stream that is not as long as announced is cut`(_ text: String) async throws {
    try await withServer { _ in
      HTTPResponse(
        status: 200, fields: [HTTPField("content-length", "4")],
        body: .stream { try await $0.write(Array(text.utf8)) })
    } body: { server in
      await #expect(throws: HTTPError.disconnected) {
        try await server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      }
    }
  }

  /// Goal: the end of a body that nobody may read any more does not reach the next request.
  @Test func `the body of an earlier request is gone`() async throws {
    let kept = OneShot<any HTTPBodySource>()
    try await withServer { request in
      if request.path == "/1" {
        kept.send(request.body)
        return HTTPResponse(status: 200)
      }
      let stale = try? await kept.value.next()
      let own = try? await request.body.collect()
      let text = "\(stale == nil) \(String(decoding: own ?? [], as: UTF8.self))"
      return HTTPResponse(status: 200, body: .bytes(Array(text.utf8)))
    } body: { server in
      let client = try await server.connect()
      try await client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try await client.receive(through: "\r\n\r\n")
      try await client.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try await client.receive(through: "abc").contains("true abc"))
      await client.close()
    }
  }
}
