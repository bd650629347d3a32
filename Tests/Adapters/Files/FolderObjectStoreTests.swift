import Domain
import FilesAdapter
import Glibc
import Ports
import Synchronization
import SystemAdapter
import TestSupport
import Testing

@Suite struct FolderObjectStoreTests {
  @Test(arguments: ObjectStoreContract.cases)
  func `a folder keeps the contract of ObjectStore`(
    _ promise: ContractCase<ObjectStoreSubject>
  ) async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    try await promise.check(ObjectStoreSubject(store, digest: SumDigest()))
    await store.close()
    #expect(try names(directory.path + "/scratch") == [])
  }

  @Test func `objects and uploads survive opening again`() async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    let summary = try await store.put("a", [1, 2], contentType: "t", ifAbsent: false)
    let upload = try await store.startUpload("b", contentType: "t")
    try await store.putPart(upload: upload, number: 1, [3])
    await store.close()
    let again = try makeStore(directory.path)
    #expect(try await again.head("a") == summary)
    #expect(try await again.completeUpload(upload, parts: 1).size == 1)
    await again.close()
  }

  @Test func `a store that goes with its process leaves nothing, and nothing else goes`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let outside = try TemporaryDirectory()
    try overwrite(outside.path + "/kept", at: 0, [1])
    let store = try makeStore(directory.path + "/store")
    try await store.put("a/b", [1], contentType: "t", ifAbsent: false)
    let upload = try await store.startUpload("c", contentType: "t")
    try await store.putPart(upload: upload, number: 1, [1])
    #expect(symlink(outside.path, directory.path + "/store/link") == 0)
    await store.closeAndRemove()
    #expect(try names(directory.path) == [])
    #expect(try names(outside.path) == ["kept"])
  }

  @Test func `a closed store refuses work`() async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    await store.close()
    await #expect(throws: ObjectError.unavailable("the object store is closed")) {
      try await store.head("a")
    }
  }

  @Test func `calls beyond the limits are refused and say what to do`() async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path) { configuration in
      configuration.callBytesMax = 10
      configuration.objectBytesMax = 15
    }
    let ten = [UInt8](repeating: 1, count: 10)
    await #expect(throws: ObjectError.self) {
      try await store.put("a", ten + [1], contentType: "t", ifAbsent: false)
    }
    let upload = try await store.startUpload("a", contentType: "t")
    for number in 1...2 {
      try await store.putPart(
        upload: upload, number: number, [UInt8](ten.prefix(number == 1 ? 10 : 5)))
    }
    _ = try await store.completeUpload(upload, parts: 2)
    await #expect(
      throws: ObjectError.refused("a has 15 bytes: read it in ranges of at most 10")
    ) {
      try await store.get("a", nil)
    }
    #expect(try await store.get("a", 5..<15).count == 10)
    let large = try await store.startUpload("b", contentType: "t")
    for number in 1...2 { try await store.putPart(upload: large, number: number, ten) }
    await #expect(throws: ObjectError.refused("the parts have more than 15 bytes together")) {
      try await store.completeUpload(large, parts: 2)
    }
    await #expect(throws: ObjectError.notFound) { try await store.head("b") }
    await store.close()
  }

  @Test func `a damaged file is a conflict, never other content`() async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    for (key, offset) in [("content", 400), ("header", 20), ("magic", 0)] {
      try await store.put(
        key, [UInt8](repeating: 1, count: 1_000), contentType: "t", ifAbsent: false)
      try overwrite(try file(of: key, in: directory.path), at: offset, [0xee])
      let error = await #expect(throws: ObjectError.self) { try await store.get(key, nil) }
      guard case .conflict(let message) = error else {
        Issue.record("\(key): \(String(describing: error))")
        continue
      }
      #expect(message.contains(key))
      #expect(message.contains("backup"))
    }
    try await store.put("short", [1, 2, 3], contentType: "t", ifAbsent: false)
    #expect(truncate(try file(of: "short", in: directory.path), 100) == 0)
    await #expect(throws: ObjectError.self) { try await store.get("short", 0..<1) }
    await store.close()
  }

  @Test func `a file that is no object hides no other from a list`() async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    let keys = ["a", "b", "content", "header", "key", "link", "pipe"]
    for key in keys { try await store.put(key, [1], contentType: "t", ifAbsent: false) }
    let paths = try keys.map { try file(of: $0, in: directory.path) }
    // Of the content nothing is read; a file with the key of another one is nobody's.
    try overwrite(paths[2], at: 64, [0xee])
    try overwrite(paths[3], at: 0, [0xee])
    try overwrite(paths[4], at: 57, [UInt8(ascii: "l")])
    #expect(unlink(paths[5]) == 0 && symlink(paths[0], paths[5]) == 0)
    #expect(unlink(paths[6]) == 0 && mkfifo(paths[6], 0o600) == 0)
    let place = paths[0].prefix(upTo: paths[0].lastIndex(of: "/") ?? paths[0].endIndex)
    for name in ["0", "z"] { try overwrite("\(place)/\(name)", at: 0, [1]) }
    for limit in [1, 2, 100] {
      #expect(try await listed(store, limit: limit).sorted() == ["a", "b", "content"])
    }
    await store.close()
  }

  @Test func `a folder of many files is listed page by page`() async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    try await store.put("a", [1], contentType: "t", ifAbsent: false)
    let path = try file(of: "a", in: directory.path)
    let place = path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)
    for number in 0..<1_500 { try overwrite("\(place)/z\(number)", at: 0, [1]) }
    // None of the others is an object; the list goes on behind all of them.
    for limit in [50, 1_000] { #expect(try await listed(store, limit: limit) == ["a"]) }
    await store.close()
  }

  @Test(arguments: ["", "/", "a", "00", "00/", "0/a", "zz/a", "AA/a", "00/a/b", "../a", "/00/a"])
  func `a cursor that no page has is refused`(_ cursor: String) async throws {
    let directory = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    await #expect(
      throws: ObjectError.refused("the cursor \(cursor) is of no page: list from the beginning")
    ) {
      try await store.keys(limit: 1, cursor: cursor)
    }
    await store.close()
  }

  /// Goal: a planted link never leads out of the folder.
  @Test func `symbolic links are not followed`() async throws {
    let directory = try TemporaryDirectory()
    let outside = try TemporaryDirectory()
    let store = try makeStore(directory.path)
    try await store.put("a", [1], contentType: "t", ifAbsent: false)
    let path = try file(of: "a", in: directory.path)
    let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
    #expect(rename(path, outside.path + "/file") == 0)
    #expect(symlink(outside.path + "/file", path) == 0)
    await #expect(throws: ObjectError.self) { try await store.get("a", nil) }
    #expect(unlink(path) == 0 && rmdir(folder) == 0)
    #expect(symlink(outside.path, folder) == 0)
    await #expect(throws: ObjectError.self) {
      try await store.put("a", [2], contentType: "t", ifAbsent: false)
    }
    #expect(try names(outside.path) == ["file"])
    #expect(unlink(folder) == 0 && mkdir(folder, 0o700) == 0 && mkfifo(path, 0o600) == 0)
    await #expect(throws: ObjectError.self) { try await store.get("a", nil) }
    await store.close()
  }

  @Test func `a place that is no folder is named`() throws {
    let directory = try TemporaryDirectory()
    try overwrite(directory.path + "/file", at: 0, [1])
    let error = #expect(throws: ObjectError.self) { try makeStore(directory.path + "/file/x") }
    guard case .unavailable(let message) = error else {
      Issue.record("not unavailable but \(String(describing: error))")
      return
    }
    #expect(message.contains(directory.path + "/file/x"))
  }

  @Test(.enabled(if: getuid() == 0, "mounting needs root"))
  func `a full disk leaves the old object and nothing else`() async throws {
    let directory = try TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", 0, "size=1m") == 0 else {
      try Test.cancel("this system does not allow mounting")
    }
    defer { umount2(directory.path, Int32(MNT_DETACH)) }
    let store = try makeStore(directory.path)
    try await store.put("a", [1], contentType: "t", ifAbsent: false)
    let large = [UInt8](repeating: 2, count: 2 << 20)
    let upload = try await store.startUpload("a", contentType: "t")
    for attempt in 0..<2 {
      let error = await #expect(throws: ObjectError.self) {
        if attempt == 0 {
          _ = try await store.put("a", large, contentType: "t", ifAbsent: false)
        } else {
          try await store.putPart(upload: upload, number: 1, large)
        }
      }
      guard case .unavailable(let message) = error else {
        Issue.record("not unavailable but \(String(describing: error))")
        return
      }
      #expect(message.contains("no room left"))
    }
    #expect(try await store.get("a", nil) == [1])
    #expect(try names(directory.path + "/scratch") == [])
    #expect(try names(directory.path + "/uploads/" + upload) == ["meta"])
    await store.close()
  }

  @Test func `the sweep removes what was abandoned and nothing else`() async throws {
    let directory = try TemporaryDirectory()
    let clock = MovedTime()
    let store = try makeStore(directory.path, time: clock)
    try await store.put("a", [1], contentType: "t", ifAbsent: false)
    let open = try await store.startUpload("b", contentType: "t")
    try await store.putPart(upload: open, number: 1, [1])
    let done = try await store.startUpload("c", contentType: "t")
    try await store.putPart(upload: done, number: 1, [1])
    _ = try await store.completeUpload(done, parts: 1)
    try overwrite(directory.path + "/scratch/left", at: 0, [1])
    #expect(try await store.sweep() == 0)
    clock.move(.seconds(25 * 3_600))
    #expect(try await store.sweep() == 3)
    #expect(try names(directory.path + "/uploads") == [])
    #expect(try names(directory.path + "/scratch") == [])
    #expect(try await store.get("a", nil) == [1])
    #expect(try await store.get("c", nil) == [1])
    await #expect(throws: ObjectError.notFound) {
      try await store.completeUpload(open, parts: 1)
    }
    await store.close()
  }

  private func makeStore(
    _ directory: String, time: any Time = MovedTime(),
    adjust: (inout FolderObjectStoreConfiguration) -> Void = { _ in }
  ) throws -> FolderObjectStore {
    var configuration = FolderObjectStoreConfiguration(directory: directory)
    adjust(&configuration)
    return try FolderObjectStore(
      configuration, digest: SumDigest(), time: time, randomness: SystemRandomness())
  }

  private func listed(_ store: FolderObjectStore, limit: Int) async throws -> [String] {
    var listed: [String] = []
    var cursor: String?
    repeat {
      let page = try await store.keys(limit: limit, cursor: cursor)
      listed += page.keys
      cursor = page.next
    } while cursor != nil
    return listed
  }

  private func file(of key: String, in directory: String) throws -> String {
    let name = SumDigest().hexadecimal(of: [UInt8](key.utf8))
    return "\(directory)/objects/\(name.prefix(2))/\(name.dropFirst(2))"
  }

  private func names(_ path: String) throws -> [String] {
    guard let entries = opendir(path) else { throw SystemFailure("opendir") }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// A stable digest without a C library: what is under test is the folder.
struct SumDigest: Digest {
  func digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest: [UInt8] = []
    for lane in 0..<4 as Range<UInt64> {
      var hash = StableHash()
      hash.combine(lane)
      hash.combine(bytes)
      for shift in stride(from: 0, to: 64, by: 8) {
        digest.append(UInt8(truncatingIfNeeded: hash.value >> UInt64(shift)))
      }
    }
    return digest
  }
}

/// The system's wall clock, moved. Nothing sleeps by it.
final class MovedTime: Time {
  private let moved = Mutex(Duration.zero)

  func move(_ length: Duration) { moved.withLock { $0 += length } }

  func now() -> Moment {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Moment(microseconds: Int64(now.tv_sec) * 1_000_000) + moved.withLock(\.self)
  }

  func uptime() -> Uptime { .start }
  func sleep(until instant: Uptime) async throws(CancellationError) { throw CancellationError() }
}
