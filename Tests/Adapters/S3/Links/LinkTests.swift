import CryptoAdapter
import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import S3Adapter

/// Links as others use them: by a plain client that knows nothing of signatures.
@Suite struct LinkTests {
  private let content = Array("a content of thirty-four bytes, ok".utf8)

  private func summary(_ type: String = "image/png") -> ObjectSummary {
    ObjectSummary(
      size: Int64(content.count), digest: TestStore.digest.hexadecimal(of: content),
      contentType: type)
  }

  /// What the server answers to a link, whose parts may be changed.
  private func use(
    _ link: S3Link, _ body: [UInt8] = [], on store: S3ObjectStore,
    _ change: (inout TransferRequest) -> Void = { _ in }
  ) async throws -> TransferAnswer {
    var request = TransferRequest(
      method: try #require(TransferRequest.Method(rawValue: link.method)), url: link.url,
      fields: link.fields.map { ($0.name, $0.value) }, body: body, answerBytesMax: 1 << 20)
    change(&request)
    return try await store.client.transfers.exchange(request)
  }

  @Test func `a link stores one content, which the store then has`() async throws {
    let store = try TestStore.make()
    let link = try store.presignedPut("a/b.png", summary(), lives: .seconds(900))
    #expect(try await use(link, content, on: store).status == 200)
    #expect(try await store.head("a/b.png") == summary())
    #expect(try await store.get("a/b.png", nil) == content)
    // The key is taken now.
    #expect(try await use(link, content, on: store).status == 412)
    await store.close()
  }

  private static let changes: [(String, @Sendable (inout TransferRequest) -> Void)] = [
    ("key", { $0.url = $0.url.replacing("/a/~", with: "/b/~") }),
    ("bucket", { $0.url = $0.url.replacing("/millrace/", with: "/other/") }),
    ("method", { $0.method = .delete }),
    ("method of reading", { $0.method = .get }),
    ("query", { $0.url += "&x-id=1" }),
    ("expiry", { $0.url = $0.url.replacing("X-Amz-Expires=900", with: "X-Amz-Expires=901") }),
    ("signature", { $0.url = String($0.url.dropLast()) + "!" }),
    ("type", { request in LinkTests.set(&request, "content-type", "text/html") }),
    (
      "checksum",
      { request in
        LinkTests.set(
          &request, "x-amz-checksum-sha256",
          Base64.standard.text(TestStore.digest.digest(Array("another".utf8))))
      }
    ),
    ("no checksum", { request in request.fields.removeAll { $0.name == "x-amz-checksum-sha256" } }),
    ("condition", { request in request.fields.removeAll { $0.name == "if-none-match" } }),
    (
      "digest",
      { request in
        LinkTests.set(&request, "x-amz-meta-millrace-sha256", String(repeating: "0", count: 64))
      }
    ),
    ("longer content", { $0.body.append(1) }),
    ("shorter content", { $0.body.removeLast() }),
    ("other content", { $0.body[0] ^= 1 }),
  ]

  private static func set(_ request: inout TransferRequest, _ name: String, _ value: String) {
    for index in request.fields.indices where request.fields[index].name == name {
      request.fields[index].value = value
    }
  }

  @Test func `a link to store is good for nothing else`() async throws {
    for (what, change) in Self.changes {
      let store = try TestStore.make()
      let link = try store.presignedPut("a", summary(), lives: .seconds(900))
      let answer = try await use(link, content, on: store, change)
      #expect([400, 403, 404].contains(answer.status), "\(what): \(answer.status)")
      for key in ["a", "b"] {
        await #expect(throws: ObjectError.notFound, "\(what)") { try await store.head(key) }
      }
      await store.close()
    }
    SecurityTest.objects.report("\(Self.changes.count) misuses of links to store, all refused")
  }

  @Test func `a link to read gives a download, whole or in part`() async throws {
    let store = try TestStore.make()
    try await store.put("a", content, contentType: "text/html", ifAbsent: false)
    let upload = try await store.startUpload("b", contentType: "text/html")
    let large = TestStore.bytes(5 << 20)
    try await store.putPart(upload: upload, number: 1, large)
    _ = try await store.completeUpload(upload, parts: 1)
    let link = try await store.presignedGet(
      "a", disposition: "attachment; filename=\"x y.png\"", lives: .seconds(300))
    let answer = try await use(link, on: store)
    #expect(answer.status == 200)
    #expect(answer.body == content)
    #expect(answer.field("content-type") == "application/octet-stream")
    #expect(answer.field("content-disposition") == "attachment; filename=\"x y.png\"")
    #expect(answer.field("cache-control") == "private, no-store")
    for (key, content) in [("a", content), ("b", large)] {
      let part = try await use(
        try await store.presignedGet(key, 5..<9, lives: .seconds(300)), on: store)
      #expect(part.status == 206)
      #expect(part.body == Array(content[5..<9]))
    }
    await store.close()
  }

  private static let readChanges: [(String, @Sendable (inout TransferRequest) -> Void)] = [
    ("key", { $0.url = $0.url.replacing("/a/~", with: "/b/~") }),
    ("method", { $0.method = .delete }),
    ("type", { $0.url = $0.url.replacing("octet-stream", with: "x-sh") }),
    ("range", { request in LinkTests.set(&request, "range", "bytes=0-5") }),
    ("no range", { $0.fields = [] }),
  ]

  @Test func `a link to read is good for nothing else`() async throws {
    for (what, change) in Self.readChanges {
      let store = try TestStore.make()
      for key in ["a", "b"] {
        try await store.put(key, content, contentType: "t", ifAbsent: false)
      }
      let link = try await store.presignedGet("a", 0..<2, lives: .seconds(300))
      #expect(try await use(link, on: store, change).status == 403, "\(what)")
      #expect(try await store.get("a", nil) == content)
      await store.close()
    }
    SecurityTest.objects.report("\(Self.readChanges.count) misuses of links to read, all refused")
  }

  /// Method: links whose time was over a second ago, or is not.
  @Test func `a link is not good after its time`() async throws {
    let configuration = try TestStore.configuration()
    let store = TestStore.make(configuration)
    try await store.put("a", content, contentType: "t", ifAbsent: false)
    let mark = try await ObjectReading(client: store.client, names: store.names, key: "a").mark()
    for (offset, isGood) in [(-901, false), (-300, true)] {
      let shifted = TestStore.make(configuration, time: ShiftedTime(by: .seconds(offset)))
      let put = try shifted.presignedPut("b\(offset)", mark.summary, lives: .seconds(900))
      let answer = try await use(put, content, on: store)
      #expect((answer.status == 200) == isGood, "\(offset): \(answer.status)")
      if !isGood { #expect(answer.status == 403) }
      await shifted.close()
    }
    await store.close()
  }

  @Test func `links live for a while, not for long`() async throws {
    let store = try TestStore.make()
    try await store.put("a", [1], contentType: "t", ifAbsent: false)
    for lives in [0, -1, 901, 1_000_000] {
      #expect(throws: ObjectError.self) {
        try store.presignedPut("b", summary(), lives: .seconds(lives))
      }
    }
    await #expect(throws: ObjectError.self) {
      try await store.presignedGet("a", lives: .seconds(301))
    }
    await #expect(throws: ObjectError.self) {
      try await store.presignedGet("a", disposition: "a\r\nb", lives: .seconds(1))
    }
    await #expect(throws: ObjectError.notFound) {
      try await store.presignedGet("absent", lives: .seconds(1))
    }
    let link = try store.presignedPut("b", summary(), lives: .seconds(900))
    #expect(!"\(link)".contains("Signature"))
    await store.close()
  }
}

/// The clock of a machine that is wrong.
private struct ShiftedTime: Time {
  let offset: Duration

  init(by offset: Duration) { self.offset = offset }

  func now() -> Moment { TestStore.time.now() + offset }
  func uptime() -> Uptime { TestStore.time.uptime() }
  func sleep(until instant: Uptime) async throws(CancellationError) {
    try await TestStore.time.sleep(until: instant)
  }
}
