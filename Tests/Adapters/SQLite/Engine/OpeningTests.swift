import Glibc
import Ports
import SQLiteAdapter
import Testing

/// Files and directories that cannot be opened: each says what is wrong and what helps.
@Suite struct OpeningTests {
  @Test func `what was committed is there after closing and opening again`() async throws {
    let directory = try TemporaryDirectory()
    let (engine, store) = try await makeStore(in: directory.path)
    let version = try await store.commit(.inserting(.plain, .plain(1, [7])))
    await engine.close()

    let (other, reopened) = try await makeStore(in: directory.path)
    let rows = try await reopened.get("plain", [[.integer(1)], [.integer(2)]])
    #expect(rows == [StoredRow(row: .plain(1, [7]), version: version), nil])
    await other.close()
  }

  @Test func `a closed store refuses work instead of losing it`() async throws {
    let (engine, store) = try await makeStore()
    await engine.close()
    await #expect(throws: StoreError.unavailable(":memory: is closed")) {
      try await store.commit(.inserting(.plain, .plain(1)))
    }
    await #expect(throws: StoreError.unavailable(":memory: is closed")) {
      try await store.get("plain", [[.integer(1)]])
    }
  }

  @Test func `a directory is opened by one engine at a time`() async throws {
    let directory = try TemporaryDirectory()
    let (engine, _) = try await makeStore(in: directory.path)
    let error = await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: directory.path)
    }
    guard case .locked(let message) = error else {
      Issue.record("not locked but \(String(describing: error))")
      return
    }
    #expect(message.contains(directory.path))
    #expect(message.contains("process \(getpid())"))
    #expect(message.contains("--data"))
    await engine.close()
    await (try makeStore(in: directory.path)).engine.close()
  }

  @Test func `a directory that cannot be made is named`() async throws {
    let directory = try TemporaryDirectory()
    let file = directory.path + "/file"
    try overwrite(file, at: 0, [1])
    let error = await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: file + "/data")
    }
    guard case .unusable(let message) = error else {
      Issue.record("not unusable but \(String(describing: error))")
      return
    }
    #expect(message.contains(file))
    #expect(message.contains("Not a directory"))
    #expect(message.contains("--data"))
  }

  @Test(.enabled(if: getuid() == 0, "mounting needs root"))
  func `a read-only file system is named`() async throws {
    let directory = try TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", UInt(MS_RDONLY), nil) == 0 else {
      try Test.cancel("this system does not allow mounting")
    }
    defer { umount(directory.path) }
    let error = await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: directory.path)
    }
    guard case .unusable(let message) = error else {
      Issue.record("not unusable but \(String(describing: error))")
      return
    }
    #expect(message.contains("Read-only file system"))
  }

  @Test(arguments: [0, 18, 4_096 * 2])
  func `a damaged file is named together with the cure`(offset: Int) async throws {
    let directory = try TemporaryDirectory()
    let (engine, store) = try await makeStore(in: directory.path)
    for number in 0..<200 as Range<Int64> {
      try await store.commit(
        .inserting(.sample, .sample(number, body: [UInt8](repeating: 1, count: 500))))
    }
    await engine.close()
    #expect(access(directory.path + "/millrace.db-wal", F_OK) != 0)
    try overwrite(
      directory.path + "/millrace.db", at: offset, [UInt8](repeating: 0xa5, count: 512))

    let error = await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: directory.path)
    }
    guard case .damaged(let message) = error else {
      Issue.record("not damaged but \(String(describing: error))")
      return
    }
    #expect(message.contains(directory.path + "/millrace.db"))
    #expect(message.contains("backup"))
  }

  @Test func `a database of another program is left alone`() async throws {
    let directory = try TemporaryDirectory()
    try makeForeign(directory.path, "CREATE TABLE theirs (id INTEGER)")
    let error = await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: directory.path)
    }
    guard case .damaged(let message) = error else {
      Issue.record("not refused but \(String(describing: error))")
      return
    }
    #expect(message.contains("another program"))
  }

  @Test func `a newer format is refused with its number`() async throws {
    let directory = try TemporaryDirectory()
    await (try makeStore(in: directory.path)).engine.close()
    try makeForeign(directory.path, "PRAGMA user_version = 7")
    let error = await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: directory.path)
    }
    guard case .newerFormat(let message) = error else {
      Issue.record("not refused but \(String(describing: error))")
      return
    }
    #expect(message.contains("format 7"))
    #expect(message.contains("up to 1"))
  }

  @Test func `a table that is declared otherwise is refused`() async throws {
    let directory = try TemporaryDirectory()
    await (try makeStore(in: directory.path)).engine.close()
    var changed = TableDeclaration.sample
    changed.columns[0].isNullable = true
    let error = await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: directory.path, tables: [changed])
    }
    guard case .mismatch(let message) = error else {
      Issue.record("not refused but \(String(describing: error))")
      return
    }
    #expect(message.contains("table sample"))

    var reindexed = TableDeclaration.sample
    reindexed.indexes.removeLast()
    await #expect(throws: SQLiteOpenError.self) {
      try await makeStore(in: directory.path, tables: [reindexed])
    }
    await (try makeStore(in: directory.path)).engine.close()
  }

  @Test func `a declaration that cannot become a table is refused`() async throws {
    let odd = [
      TableDeclaration(name: "Odd\"", key: [.init("id", .integer)]),
      TableDeclaration(name: "odd", key: []),
      TableDeclaration(name: "odd", key: [.init("id", .integer, isNullable: true)]),
      TableDeclaration(name: "odd", key: [.init("id", .integer)], columns: [.init("id", .text)]),
      TableDeclaration(
        name: "odd", key: [.init("id", .integer)], indexes: [.init("by", on: ["absent"])]),
    ]
    for declaration in odd {
      await #expect(throws: SQLiteOpenError.self) { try await makeStore(tables: [declaration]) }
    }
    await #expect(throws: SQLiteOpenError.self) { try await makeStore(tables: [.plain, .plain]) }
  }
}
