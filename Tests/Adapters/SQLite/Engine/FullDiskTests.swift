import Glibc
import Ports
import SQLiteAdapter
import Testing

/// No room: `.unavailable`, surely not applied, and all well again once there is room.
@Suite struct FullDiskTests {
  @Test func `a file at its limit refuses and keeps what it has`() async throws {
    let directory = try TemporaryDirectory()
    let (engine, store) = try await makeStore(in: directory.path) { $0.pagesMax = 60 }
    let stored = try await fill(store)
    try await checkRollBack(store, stored)
    await engine.close()

    let (other, reopened) = try await makeStore(in: directory.path)
    try await reopened.commit(.inserting(.plain, .plain(stored + 1)))
    try await checkWhole(reopened, stored + 1)
    await other.close()
  }

  @Test(.enabled(if: getuid() == 0, "mounting needs root"))
  func `a full file system refuses and keeps what it has`() async throws {
    let directory = try TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", 0, "size=1m") == 0 else {
      try Test.cancel("this system does not allow mounting")
    }
    defer { umount2(directory.path, Int32(MNT_DETACH)) }
    let (engine, store) = try await makeStore(in: directory.path)
    let stored = try await fill(store)
    try await checkRollBack(store, stored)

    // Room again: without opening anew, the store goes on.
    guard mount("tmpfs", directory.path, "tmpfs", UInt(MS_REMOUNT), "size=8m") == 0 else {
      throw SystemFailure("mount")
    }
    try await store.commit(.inserting(.plain, .plain(stored + 1)))
    try await checkWhole(store, stored + 1)
    await engine.close()
  }

  /// Inserts rows of 20 KB until there is no room; answers the last one that fitted.
  private func fill(_ store: SQLiteRecordStore) async throws -> Int64 {
    let body = [UInt8](repeating: 9, count: 20_000)
    for number in 1...1_000 as ClosedRange<Int64> {
      let batch = RecordBatch.inserting(.plain, .plain(number, body))
      guard let failure = await storeFailure({ try await store.commit(batch) }) else { continue }
      guard case .unavailable(let message) = failure else { throw failure }
      #expect(message.contains("no room left for"))
      #expect(message.contains("millrace.db"))
      return number - 1
    }
    Issue.record("the store never became full")
    return 0
  }

  /// A batch that does not fit leaves nothing behind, not even its small parts.
  private func checkRollBack(_ store: SQLiteRecordStore, _ stored: Int64) async throws {
    let big = [UInt8](repeating: 9, count: 900_000)
    await #expect(throws: StoreError.self) {
      try await store.commit(
        .inserting(.plain, .plain(-1), .plain(5_000, big), .plain(5_001, big)))
    }
    #expect(try await store.get("plain", [[.integer(-1)], [.integer(5_000)]]) == [nil, nil])
    try await checkWhole(store, stored)
  }

  private func checkWhole(_ store: SQLiteRecordStore, _ count: Int64) async throws {
    let page = try await store.query(RecordQuery(table: "plain", limit: 10_000))
    #expect(page.rows.map(\.row.key) == (1...count).map { [.integer($0)] })
  }
}
