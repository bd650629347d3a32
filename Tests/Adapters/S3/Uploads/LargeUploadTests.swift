import CryptoAdapter
import Ports
import TestSupport
import Testing

@testable import S3Adapter

/// Uploads with parts that S3 takes as such: 5 MiB and more.
@Suite struct LargeUploadTests {
  private static let large = 5 << 20

  /// Parts by their sizes, of which each is another content.
  private func parts(_ sizes: [Int]) -> [[UInt8]] {
    sizes.enumerated().map { TestStore.bytes($1, seed: UInt64($0 + 1)) }
  }

  private func expect(
    _ store: S3ObjectStore, _ key: String, _ summary: ObjectSummary, _ content: [UInt8]
  ) async throws {
    #expect(
      summary
        == ObjectSummary(
          size: Int64(content.count), digest: TestStore.digest.hexadecimal(of: content),
          contentType: "x/y"))
    #expect(try await store.head(key) == summary)
    #expect(try await store.get(key, nil) == content)
    let middle = Int64(content.count / 2)
    #expect(
      try await store.get(key, middle - 1..<middle + 9)
        == Array(content[Int(middle) - 1..<Int(middle) + 9]))
    #expect(try await store.get(key, Int64(content.count)..<Int64.max) == [])
    await #expect(throws: ObjectError.self) {
      try await store.get(key, Int64(content.count + 1)..<Int64.max)
    }
  }

  /// What is left in the bucket, without the prefix of the store.
  static func names(_ store: S3ObjectStore) async throws -> [String] {
    let prefix = store.names.prefix
    return try await store.client.list(prefix, from: nil).items.map {
      String($0.name.dropFirst(prefix.count))
    }
  }

  static func directUploads(_ store: S3ObjectStore) async throws -> Int {
    try await store.client.uploads(store.names.prefix, behind: nil).items.count
  }

  @Test(arguments: [
    [large], [large, 1], [large, large + 7, 0], [large, 0, large, 3], [0, large],
    // Small ones before others are merged.
    [1, large], [large, 3, large], [large, 3, 0, large + 1, 5],
    // Small ones alone, more than is put together at once.
    [3 << 20, 2 << 20, 1 << 20, 3 << 20],
  ])
  func `parts of every size become one object`(_ sizes: [Int]) async throws {
    let store = try TestStore.make { $0.mergedPartBytes = Self.large }
    let parts = parts(sizes)
    let upload = try await store.startUpload("a/b", contentType: "x/y")
    for (index, part) in parts.enumerated() {
      try await store.putPart(upload: upload, number: index + 1, part)
    }
    let summary = try await store.completeUpload(upload, parts: parts.count)
    try await expect(store, "a/b", summary, parts.flatMap(\.self))
    #expect(try await store.completeUpload(upload, parts: parts.count) == summary)
    // Nothing but the object, its content, and what became of the upload.
    let names = try await Self.names(store)
    #expect(names.filter { $0.hasPrefix("uploads/") } == ["uploads/\(upload)/head"])
    #expect(names.count <= 3, "\(names)")
    #expect(try await Self.directUploads(store) == 0)
    try await store.delete("a/b")
    #expect(try await Self.names(store) == ["uploads/\(upload)/head"])
    await store.close()
  }

  @Test func `another process completes what came in any order through one`() async throws {
    let configuration = try TestStore.configuration()
    let one = TestStore.make(configuration)
    let other = TestStore.make(configuration)
    let parts = parts([Self.large, Self.large + 1, 9])
    let upload = try await one.startUpload("a", contentType: "x/y")
    for number in [3, 1, 2] {
      try await (number == 1 ? other : one).putPart(
        upload: upload, number: number, parts[number - 1])
    }
    let summary = try await other.completeUpload(upload, parts: 3)
    try await expect(one, "a", summary, parts.flatMap(\.self))
    await one.close()
    await other.close()
  }

  /// Goal: a digest that was computed on the way is never that of parts that were replaced.
  @Test func `a part that comes again counts, whatever its size and whoever takes it`()
    async throws
  {
    let configuration = try TestStore.configuration()
    let one = TestStore.make(configuration)
    let other = TestStore.make(configuration)
    let parts = parts([Self.large, 5, Self.large + 1, Self.large, 7])
    let upload = try await one.startUpload("a", contentType: "x/y")
    // Large, then small, then large again; then one that another process replaces.
    for part in [parts[0], parts[1], parts[2]] {
      try await one.putPart(upload: upload, number: 1, part)
    }
    try await one.putPart(upload: upload, number: 2, parts[4])
    try await one.putPart(upload: upload, number: 3, [1])
    try await other.putPart(upload: upload, number: 2, parts[3])
    let summary = try await one.completeUpload(upload, parts: 3)
    try await expect(one, "a", summary, parts[2] + parts[3] + [1])
    // Of the same size, so that nothing but its tag tells it from the one before.
    let second = try await one.startUpload("b", contentType: "x/y")
    try await one.putPart(upload: second, number: 1, parts[0])
    try await one.putPart(upload: second, number: 2, [1])
    try await other.putPart(upload: second, number: 1, parts[3])
    let replaced = try await one.completeUpload(second, parts: 2)
    try await expect(one, "b", replaced, parts[3] + [1])
    await one.close()
    await other.close()
  }

  /// Method: the digest that was computed on the way is there, and is that of what came.
  @Test func `parts that come at once need not be read back`() async throws {
    let store = try TestStore.make()
    let parts = parts([Self.large, Self.large + 1, Self.large + 2, Self.large, 9])
    let upload = try await store.startUpload("a", contentType: "x/y")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, part) in parts.enumerated() {
        group.addTask {
          try await store.putPart(upload: upload, number: index + 1, part)
        }
      }
      try await group.waitForAll()
    }
    let running = try #require(store.uploads.running.find(upload))
    let plan = try await PartList(client: store.client, names: store.names, known: nil).plan(
      upload, count: parts.count)
    #expect(running.finish(plan.parts) == TestStore.digest.digest(parts.flatMap(\.self)))
    let summary = try await store.completeUpload(upload, parts: parts.count)
    try await expect(store, "a", summary, parts.flatMap(\.self))
    await store.close()
  }

  @Test func `concurrent completions of large parts agree`() async throws {
    let configuration = try TestStore.configuration()
    let stores = (0..<3).map { _ in TestStore.make(configuration) }
    let parts = parts([Self.large, 10])
    let upload = try await stores[0].startUpload("a", contentType: "x/y")
    for number in 1...2 {
      try await stores[0].putPart(upload: upload, number: number, parts[number - 1])
    }
    let answers = try await withThrowingTaskGroup(of: ObjectSummary.self) { group in
      for store in stores {
        group.addTask { try await store.completeUpload(upload, parts: 2) }
      }
      return try await group.reduce(into: Set<ObjectSummary>()) { $0.insert($1) }
    }
    #expect(answers.count == 1)
    try await expect(stores[1], "a", try #require(answers.first), parts.flatMap(\.self))
    for store in stores { await store.close() }
  }

  /// Method: everything is done but what makes it visible, as if the process had died there.
  @Test(arguments: [[large, large], [3, large]])
  func `a completion that was interrupted is completed by the next one`(_ sizes: [Int])
    async throws
  {
    let store = try TestStore.make()
    let parts = parts(sizes)
    let upload = try await store.startUpload("a", contentType: "x/y")
    for (index, part) in parts.enumerated() {
      try await store.putPart(upload: upload, number: index + 1, part)
    }
    let (open, _) = try await store.uploads.read(upload)
    var planned = open
    planned.state = .planned(
      try await PartList(client: store.client, names: store.names).plan(upload, count: 2))
    try await store.uploads.write(planned, of: upload)
    await #expect(throws: ObjectError.self) {
      try await store.putPart(upload: upload, number: 1, [1])
    }
    let name = store.names.content(upload, of: "a")
    guard case .planned(let plan) = planned.state else { return }
    try await store.client.completeUpload(
      open.direct, name,
      plan.parts.filter { $0.place == .direct }.map {
        ChosenPart(number: $0.number, tag: $0.tag, checksum: $0.checksum)
      })
    await #expect(throws: ObjectError.notFound) { try await store.head("a") }
    let summary = try await store.completeUpload(upload, parts: 2)
    try await expect(store, "a", summary, parts.flatMap(\.self))
    await store.close()
  }

  @Test func `an aborted upload leaves nothing`() async throws {
    let store = try TestStore.make { $0.pageNamesMax = 2 }
    let upload = try await store.startUpload("a", contentType: "t")
    try await store.putPart(upload: upload, number: 1, parts([Self.large])[0])
    for number in 2...6 { try await store.putPart(upload: upload, number: number, [1]) }
    #expect(try await Self.directUploads(store) == 1)
    try await store.abortUpload(upload)
    #expect(try await Self.names(store) == [])
    #expect(try await Self.directUploads(store) == 0)
    await store.close()
  }

  @Test func `calls beyond the limits are refused and say what to do`() async throws {
    let store = try TestStore.make {
      $0.callBytesMax = Self.large
      $0.objectBytesMax = Int64(2 * Self.large)
      $0.partsMax = 3
    }
    let part = parts([Self.large])[0]
    await #expect(throws: ObjectError.self) {
      try await store.put("a", part + [1], contentType: "t", ifAbsent: false)
    }
    let upload = try await store.startUpload("a", contentType: "t")
    for number in 1...2 { try await store.putPart(upload: upload, number: number, part) }
    _ = try await store.completeUpload(upload, parts: 2)
    await #expect(
      throws: ObjectError.refused(
        "a has \(2 * Self.large) bytes: read it in ranges of at most \(Self.large)")
    ) { try await store.get("a", nil) }
    await #expect(throws: ObjectError.self) {
      try await store.get("a", 0..<Int64(Self.large + 1))
    }
    let large = try await store.startUpload("b", contentType: "t")
    for number in 1...2 { try await store.putPart(upload: large, number: number, part) }
    try await store.putPart(upload: large, number: 3, [1])
    await #expect(throws: ObjectError.self) { try await store.completeUpload(large, parts: 3) }
    await #expect(throws: ObjectError.notFound) { try await store.head("b") }
    try await store.abortUpload(large)
    await store.close()
  }
}
