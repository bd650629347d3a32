import CryptoAdapter
import Ports
import Synchronization
import Testing

@testable import S3Adapter

@Suite struct HostileWriteTests {
  private static let doubtful: [(String, ScriptedServer.Answer)] = [
    ("nothing", .cut("")),
    ("silence", .hang),
    ("half a head", .cut("HTTP/1.1 200 OK\r\ncontent-le")),
    ("a head without end", .endless("HTTP/1.1 200 OK\r\n", "a: b\r\n")),
    ("no HTTP", .cut("SSH-2.0-OpenSSH\r\n\r\n")),
    ("500", ScriptedServer.error("500 Oh", "InternalError")),
    ("503 of somebody else", .text(ScriptedServer.answer("503 Busy", "<html>"))),
    ("404 of somebody else", .text(ScriptedServer.answer("404 Not Found", "<html>"))),
  ]

  @Test(arguments: doubtful.indices)
  func `a write whose answer was lost is in doubt`(_ index: Int) async throws {
    let (what, answer) = Self.doubtful[index]
    let hostile = try HostileStore([answer]) { $0.answerWithin = .milliseconds(1_500) }
    let error = await hostile.put()
    #expect(error == .outcomeUnknown, "\(what): \(String(describing: error))")
    await hostile.end()
  }

  @Test(arguments: [
    ("503 Busy", "SlowDown"), ("400 Bad", "BadDigest"), ("400 Bad", "RequestTimeout"),
    ("409 Conflict", "ConditionalRequestConflict"),
  ])
  func `a write that S3 says it did not do is unavailable`(
    _ status: String, _ code: String
  ) async throws {
    let hostile = try HostileStore([ScriptedServer.error(status, code)], tries: 2)
    let error = await hostile.put()
    #expect(error?.isUnavailable == true, "\(String(describing: error))")
    #expect(hostile.server.seen.requests == 2)
    await hostile.end()
  }

  @Test func `a write that nobody took is unavailable`() async throws {
    let server = try ScriptedServer([.hang])
    server.stop()
    let store = try HostileStore.store(server.port) { $0.triesMax = 2 }
    await #expect {
      try await store.put("a", [1], contentType: "t", ifAbsent: false)
    } throws: {
      ($0 as? ObjectError)?.isUnavailable == true
    }
    await store.close()
  }

  @Test func `doubt stays when the next tries surely did nothing`() async throws {
    let hostile = try HostileStore(
      [.cut(""), ScriptedServer.error("503 Busy", "SlowDown")], tries: 3)
    #expect(await hostile.put() == .outcomeUnknown)
    let refused = try HostileStore(
      [.cut(""), ScriptedServer.error("403 No", "AccessDenied")], tries: 3)
    #expect(await refused.put() == .outcomeUnknown)
    await hostile.end()
    await refused.end()
  }

  @Test func `a write that is tried again sends the same, signed anew`() async throws {
    let hostile = try HostileStore(
      [
        .cut(""), ScriptedServer.error("500 Oh", "InternalError"),
        .text(ScriptedServer.answer("200 OK")),
      ],
      tries: 3)
    #expect(await hostile.put() == nil)
    let requests = hostile.server.requests
    #expect(requests.map(\.body) == [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    for request in requests {
      #expect(request.method == "PUT" && request.target == "/bucket/objects/a/~")
      #expect(
        request.field("x-amz-content-sha256") == TestStore.digest.hexadecimal(of: [1, 2, 3]))
      #expect(
        request.field("x-amz-checksum-sha256")
          == Base64.standard.text(TestStore.digest.digest([1, 2, 3])))
    }
    await hostile.end()
  }

  @Test func `success that is said before the body was sent is no success`() async throws {
    let hostile = try HostileStore([.early(ScriptedServer.answer("200 OK"))]) {
      $0.answerWithin = .milliseconds(1_500)
    }
    let error = await hostile.put([UInt8](repeating: 7, count: 16 << 20))
    #expect(
      error == .outcomeUnknown || error?.isUnavailable == true, "\(String(describing: error))")
    await hostile.end()
  }

  /// Goal: a key that the first try took, and whose answer was lost, is not somebody else's.
  @Test func `a key is recognised as one's own after a lost answer`() async throws {
    let writer = Mutex("")
    let hostile = try HostileStore(
      [
        .lose { request in
          let sent = request.field("x-amz-meta-millrace-writer") ?? ""
          writer.withLock { $0 = sent }
        }, ScriptedServer.error("412 No", "PreconditionFailed"),
        .reply { _ in
          let fields = HostileStore.fields("abc").filter { !$0.contains("writer") }
          return ScriptedServer.answer(
            "200 OK", "",
            fields + ["x-amz-meta-millrace-writer: \(writer.withLock { $0 })"])
        },
      ], tries: 2)
    #expect(await hostile.put(ifAbsent: true) == nil)
    #expect(writer.withLock { $0.utf8.count } == 32)
    await hostile.end()
  }

  @Test func `a key that somebody else took is a conflict, after a lost answer too`() async throws {
    let hostile = try HostileStore(
      [
        .cut(""), ScriptedServer.error("412 No", "PreconditionFailed"),
        .text(ScriptedServer.answer("200 OK", "", HostileStore.fields(""))),
      ], tries: 2)
    let error = await hostile.put(ifAbsent: true)
    #expect(error?.isInConflict == true, "\(String(describing: error))")
    await hostile.end()
  }

  /// Goal: S3 says 200 before it has put the parts together, and may say an error in that answer.
  @Test func `an error after success is no success`() async throws {
    for (code, isInDoubt) in [("InternalError", true), ("InvalidPart", false)] {
      let hostile = try HostileStore([ScriptedServer.error("200 OK", code)], tries: 2)
      let error = await #expect(throws: S3Failure.self) {
        try await hostile.store.client.completeUpload(
          "u", "n", [ChosenPart(number: 1, tag: "t", checksum: "")])
      }
      #expect(error?.isInDoubt == isInDoubt, "\(code)")
      await hostile.end()
    }
    for answer in [
      ScriptedServer.answer("200 OK"), ScriptedServer.answer("200 OK", "<Complete"),
      ScriptedServer.answer("200 OK", "<Other/>"),
    ] {
      let hostile = try HostileStore([.text(answer)])
      await #expect(throws: S3Failure.self) {
        try await hostile.store.client.completeUpload("u", "n", [])
      }
      await hostile.end()
    }
  }

  /// Method: the object is written, and what became of the upload is not.
  @Test func `a completion that made the object visible is never told not to have happened`()
    async throws
  {
    var head = UploadHead(key: "a", contentType: "t", direct: "d")
    head.state = .planned(
      UploadPlan(parts: [PlannedPart(number: 1, size: 0, place: .own, tag: "t")]))
    let document = String(decoding: head.encoded, as: UTF8.self)
    let hostile = try HostileStore([
      .text(ScriptedServer.answer("200 OK", document)), .text(ScriptedServer.answer("200 OK")),
      ScriptedServer.error("503 Busy", "SlowDown"),
    ])
    await #expect(throws: ObjectError.outcomeUnknown) {
      try await hostile.store.completeUpload(String(repeating: "0", count: 32), parts: 1)
    }
    #expect(
      hostile.server.requests.prefix(3).map { "\($0.method) \($0.target.suffix(5))" }
        == ["GET /head", "PUT s/a/~", "PUT /head"])
    await hostile.end()
  }

  @Test func `a part whose note was not written is in doubt`() async throws {
    let head = UploadHead(key: "a", contentType: "t", direct: "d")
    let document = String(decoding: head.encoded, as: UTF8.self)
    let hostile = try HostileStore([
      .text(ScriptedServer.answer("200 OK", document)),
      .text(ScriptedServer.answer("200 OK", "", ["etag: \"t\""])),
      ScriptedServer.error("503 Busy", "SlowDown"),
    ]) { $0.directPartBytesMin = 1 }
    await #expect(throws: ObjectError.outcomeUnknown) {
      try await hostile.store.putPart(
        upload: String(repeating: "0", count: 32), number: 1, [1])
    }
    await hostile.end()
  }

  @Test func `a session token is sent and signed`() async throws {
    let hostile = try HostileStore([.text(ScriptedServer.answer("200 OK"))]) {
      $0.credentials.sessionToken = "lent"
    }
    #expect(await hostile.put() == nil)
    let request = try #require(hostile.server.requests.first)
    #expect(request.field("x-amz-security-token") == "lent")
    #expect(
      request.field("authorization")?.contains(
        "SignedHeaders=content-type;host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;"
          + "x-amz-meta-millrace-sha256;x-amz-meta-millrace-size;x-amz-meta-millrace-type;"
          + "x-amz-meta-millrace-writer;x-amz-security-token,") == true)
    await hostile.end()
  }

  @Test func `deleting tells of a bucket that is missing`() async throws {
    let hostile = try HostileStore([ScriptedServer.error("404 No", "NoSuchBucket")])
    let error = await #expect(throws: ObjectError.self) { try await hostile.store.delete("a") }
    #expect(error?.isRefused == true)
    await hostile.end()
  }
}
