import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import S3Adapter

@Suite struct SweepTests {
  /// Everything counts as old when it may be older than a minute from now.
  private static let old = Duration.seconds(-60)

  private func upload(_ store: S3ObjectStore, _ key: String) async throws -> String {
    let upload = try await store.startUpload(key, contentType: "t")
    try await store.putPart(upload: upload, number: 1, TestStore.bytes(5 << 20))
    try await store.putPart(upload: upload, number: 2, [1])
    return upload
  }

  @Test(arguments: [2, 1_000])
  func `what nobody points to goes, and what is there stays`(_ pageNames: Int) async throws {
    var configuration = try TestStore.configuration()
    configuration.pageNamesMax = pageNames
    let young = TestStore.make(configuration)
    configuration.abandonedAfter = Self.old
    let old = TestStore.make(configuration)
    let whole = TestStore.bytes(5 << 20) + [1]
    // An object, one that came in parts, one that was overwritten, and one that never came to be.
    try await young.put("plain", [1], contentType: "t", ifAbsent: false)
    for key in ["parts", "over"] {
      _ = try await young.completeUpload(try await upload(young, key), parts: 2)
    }
    try await young.put("over", [2], contentType: "t", ifAbsent: false)
    let open = try await upload(young, "open")

    #expect(try await young.sweep() == 0)
    #expect(try await young.get("parts", nil) == whole)
    try await young.putPart(upload: open, number: 2, [2])

    // Three heads, two parts, an upload of S3, a content.
    #expect(try await old.sweep() == 7)
    #expect(try await young.get("plain", nil) == [1])
    #expect(try await young.get("parts", nil) == whole)
    #expect(try await young.get("over", nil) == [2])
    await #expect(throws: ObjectError.notFound) {
      try await young.putPart(upload: open, number: 2, [3])
    }
    #expect(try await LargeUploadTests.directUploads(young) == 0)
    #expect(try await old.sweep() == 0)
    var names: [String] = []
    var place: String?
    repeat {
      let page = try await young.client.list(young.names.prefix, from: place)
      names += page.items.map(\.name)
      place = page.next
    } while place != nil
    #expect(names.count == 4, "\(names)")
    await young.close()
    await old.close()
  }

  @Test func `a content whose upload may still be completed stays`() async throws {
    var configuration = try TestStore.configuration()
    let store = TestStore.make(configuration)
    let upload = try await upload(store, "a")
    _ = try await store.completeUpload(upload, parts: 2)
    try await store.client.delete(store.names.object("a"))
    configuration.abandonedAfter = Self.old
    let sweep = Sweep(
      client: store.client, names: store.names, before: TestStore.time.now() + .seconds(60))
    #expect(try await sweep.removeContents() == 0)
    try await store.client.delete(store.names.head(upload))
    #expect(try await sweep.removeContents() == 1)
    await store.close()
  }

  @Test func `a bucket that is missing is said`() async throws {
    let store = try TestStore.make { $0.bucket = "no-such-bucket" }
    let error = await #expect(throws: ObjectError.self) { try await store.sweep() }
    #expect(error?.isRefused == true, "\(String(describing: error))")
    await #expect {
      try await store.head("a")
    } throws: {
      ($0 as? ObjectError)?.isRefused == true
    }
    await store.close()
  }
}
