import Ports
import Testing

@testable import S3Adapter

@Suite struct HostileReadTests {
  private typealias Answer = ScriptedServer.Answer

  private static let unreadable: [(String, ScriptedServer.Answer)] = [
    ("nothing", .cut("")),
    ("silence", .hang),
    ("half a head", .cut("HTTP/1.1 200 OK\r\ncontent-le")),
    ("half a body", .cut("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")),
    ("no HTTP", .cut("SSH-2.0-OpenSSH\r\n\r\n")),
    (
      "a head without end",
      .endless("HTTP/1.1 200 OK\r\n", "x-a: \(String(repeating: "b", count: 500))\r\n")
    ),
    ("many fields", .endless("HTTP/1.1 200 OK\r\n", "a: b\r\n")),
    (
      "one line without end", .endless("HTTP/1.1 200 OK\r\na: ", String(repeating: "b", count: 900))
    ),
    (
      "interim answers without end",
      .endless("HTTP/1.1 103 Early\r\n\r\n", "HTTP/1.1 103 Early\r\n\r\n")
    ),
    ("a length that is no number", .cut("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\nabc")),
    ("a broken chunk", .cut("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc")),
    ("an error without a document", .text(ScriptedServer.answer("404 Not Found", "<html>"))),
    (
      "an error that is too long",
      .endless("HTTP/1.1 500 Oh\r\n\r\n", String(repeating: "e", count: 9_000))
    ),
    ("500", ScriptedServer.error("500 Oh", "InternalError")),
    ("503", ScriptedServer.error("503 Busy", "SlowDown")),
    ("429", .text(ScriptedServer.answer("429 Slow"))),
  ]

  @Test(arguments: unreadable.indices)
  func `what is no answer leaves a read unavailable`(_ index: Int) async throws {
    let (what, answer) = Self.unreadable[index]
    let hostile = try HostileStore([answer]) { $0.answerWithin = .milliseconds(1_500) }
    let error = await hostile.getError()
    #expect(error?.isUnavailable == true, "\(what): \(String(describing: error))")
    await hostile.end()
  }

  @Test func `nobody who listens leaves a read unavailable`() async throws {
    let server = try ScriptedServer([.hang])
    server.stop()
    let store = try HostileStore.store(server.port) { $0.triesMax = 2 }
    await #expect {
      try await store.get("a", nil)
    } throws: {
      ($0 as? ObjectError)?.isUnavailable == true
    }
    await store.close()
  }

  @Test func `bytes that were damaged on their way are asked for again`() async throws {
    let hostile = try HostileStore(
      [
        .text(ScriptedServer.answer("200 OK", "abd", HostileStore.fields("abc"))),
        HostileStore.object("abc"),
      ], tries: 3)
    #expect(try await hostile.get().get() == Array("abc".utf8))
    #expect(hostile.server.seen.requests == 2)
    await hostile.end()
  }

  @Test func `bytes that stay damaged are a conflict`() async throws {
    let hostile = try HostileStore(
      [.text(ScriptedServer.answer("200 OK", "abd", HostileStore.fields("abc")))], tries: 3)
    let error = await hostile.getError()
    #expect(error?.isInConflict == true, "\(String(describing: error))")
    await hostile.end()
  }

  @Test func `an object that says another length, or nothing of itself, is a conflict`()
    async throws
  {
    for answer in [
      ScriptedServer.answer("200 OK", "abcd", HostileStore.fields("abc")),
      ScriptedServer.answer("200 OK", "abc"),
      ScriptedServer.answer("200 OK", "abc", HostileStore.fields("abc", type: "!")),
    ] {
      let hostile = try HostileStore([.text(answer)])
      let error = await hostile.getError()
      #expect(error?.isInConflict == true, "\(String(describing: error))")
      await hostile.end()
    }
  }

  @Test func `a range that is answered with other bytes is no answer`() async throws {
    for body in ["ab", "abcd"] {
      let hostile = try HostileStore(
        [
          .text(
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n"
              + HostileStore.fields("123456789").joined(separator: "\r\n") + "\r\n\r\n"
          ),
          .text(ScriptedServer.answer("206 Partial", body)),
        ])
      let error = await hostile.getError(0..<3)
      #expect(error?.isUnavailable == true, "\(body): \(String(describing: error))")
      await hostile.end()
    }
  }

  @Test func `more than one call may read is refused before it is read`() async throws {
    let hostile = try HostileStore(
      [
        .endless(
          "HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n",
          String(repeating: "x", count: 9_000))
      ]
    ) { $0.callBytesMax = 100_000 }
    #expect(
      await hostile.getError()
        == .refused("a has 5000000000 bytes: read it in ranges of at most 100000"))
    await hostile.end()
  }

  @Test func `a list asks for one page, and what is no object is not in it`() async throws {
    let items = ["a/~", "a/~0f", "b/c/~", "b/", "/~", "~"].map { name in
      "<Contents><Key>objects/\(name)</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        + "<ETag>&quot;t&quot;</ETag><Size>7</Size></Contents>"
    }
    let hostile = try HostileStore(
      [
        .text(
          ScriptedServer.answer(
            "200 OK",
            "<ListBucketResult><IsTruncated>true</IsTruncated>"
              + "<NextContinuationToken>n/1</NextContinuationToken>\(items.joined())"
              + "</ListBucketResult>"))
      ]
    ) { $0.pageNamesMax = 20 }
    let page = try await hostile.store.keys(limit: 7, cursor: "x=&y")
    #expect(page.keys == ["a", "b/c"])
    #expect(page.next == "n/1")
    _ = try await hostile.store.keys(limit: 21, cursor: nil)
    let targets = hostile.server.requests.map(\.target)
    #expect(targets.count == 2)
    #expect(targets.first?.contains("max-keys=7&") == true)
    #expect(targets.first?.contains("continuation-token=x%3D%26y&") == true)
    #expect(targets.last?.contains("max-keys=20&") == true)
    #expect(targets.last?.contains("continuation-token") == false)
    await hostile.end()
  }

  @Test func `a list that does not come is not an empty one`() async throws {
    for (answer, isRefused) in [
      (ScriptedServer.error("400 Bad", "InvalidArgument"), true),
      (ScriptedServer.error("404 No", "NoSuchBucket"), true),
      (ScriptedServer.error("503 Busy", "SlowDown"), false),
      (.text(ScriptedServer.answer("200 OK", "<ListBucketResult>")), false),
      (.text(ScriptedServer.answer("200 OK", "<html></html>")), false), (.cut(""), false),
    ] as [(Answer, Bool)] {
      let hostile = try HostileStore([answer])
      let error = await #expect(throws: ObjectError.self) {
        try await hostile.store.keys(limit: 7, cursor: "x")
      }
      #expect(error?.isRefused == isRefused, "\(String(describing: error))")
      #expect(error?.isUnavailable == !isRefused, "\(String(describing: error))")
      await hostile.end()
    }
  }

  @Test func `a read is tried again, but not for ever`() async throws {
    let hostile = try HostileStore(
      [ScriptedServer.error("503 Busy", "SlowDown"), .cut(""), HostileStore.object("abc")],
      tries: 3)
    #expect(try await hostile.get().get() == Array("abc".utf8))
    await hostile.end()
    let hopeless = try HostileStore([ScriptedServer.error("503 Busy", "SlowDown")], tries: 3)
    #expect(await hopeless.getError()?.isUnavailable == true)
    #expect(hopeless.server.seen.requests == 3)
    await hopeless.end()
  }

  @Test(arguments: [
    ("403 No", "SignatureDoesNotMatch", "secret key"),
    ("403 No", "InvalidAccessKeyId", "access key"),
    ("403 No", "RequestTimeTooSkewed", "clocks"),
    ("403 No", "AccessDenied", "allow"),
    ("400 No", "ExpiredToken", "session token"),
    ("404 No", "NoSuchBucket", "bucket"),
    ("301 Moved", "PermanentRedirect", "region"),
  ])
  func `what S3 refuses is refused, with its code and what helps`(
    _ status: String, _ code: String, _ hint: String
  ) async throws {
    let hostile = try HostileStore([ScriptedServer.error(status, code)], tries: 3)
    guard case .refused(let message)? = await hostile.getError() else {
      Issue.record("\(code) is not refused")
      return
    }
    #expect(message.contains(code) && message.contains(hint))
    #expect(hostile.server.seen.requests == 1)
    await hostile.end()
  }

  @Test func `a redirection is not followed`() async throws {
    let other = try ScriptedServer([HostileStore.object("abc")])
    let hostile = try HostileStore([
      .text(
        ScriptedServer.answer(
          "307 Elsewhere", "", ["location: http://127.0.0.1:\(other.port)/bucket/objects/a/~"]))
    ])
    #expect(await hostile.getError()?.isRefused == true)
    #expect(other.seen.connections == 0)
    await hostile.end()
    other.stop()
  }

  /// Goal: an answer to HEAD has no document; absent is only what S3 says to be absent.
  @Test func `an absent object is told from an absent bucket`() async throws {
    for (code, isAbsent) in [("NoSuchKey", true), ("NoSuchBucket", false)] {
      let hostile = try HostileStore([
        .text("HTTP/1.1 404 Not Found\r\ncontent-length: 200\r\n\r\n"),
        ScriptedServer.error("404 Not Found", code),
      ])
      let error = await #expect(throws: ObjectError.self) { try await hostile.store.head("a") }
      #expect((error == .notFound) == isAbsent, "\(code): \(String(describing: error))")
      #expect(error?.isRefused != isAbsent)
      await hostile.end()
    }
  }

  @Test func `no answer to HEAD is not asked for twice`() async throws {
    let hostile = try HostileStore([.cut("")], tries: 2)
    let error = await #expect(throws: ObjectError.self) { try await hostile.store.head("a") }
    #expect(error?.isUnavailable == true)
    #expect(hostile.server.requests.map(\.method) == ["HEAD", "HEAD"])
    await hostile.end()
  }

  @Test func `a pointer to nothing is a conflict, not an absent object`() async throws {
    let pointer = HostileStore.fields("abc") + ["x-amz-meta-millrace-content: c"]
    let hostile = try HostileStore(
      [
        .reply { request in
          request.target.hasSuffix("/~")
            ? ScriptedServer.answer("200 OK", "", pointer)
            : ScriptedServer.answer("404 No", "<Error><Code>NoSuchKey</Code></Error>")
        }
      ], tries: 2)
    #expect(await hostile.getError()?.isInConflict == true)
    await hostile.end()
  }
}
