import Glibc
import Ports
import SQLiteAdapter
import TestSupport
import Testing

@Suite struct SQLiteRecordStoreTests {
  @Test(arguments: RecordStoreContract.cases + RecordStoreContract.historyCases)
  func `a store in memory keeps the contract of RecordStore`(
    _ promise: ContractCase<RecordStoreSubject>
  ) async throws {
    let (engine, store) = try await makeStore(tables: RecordStoreContract.tables)
    try await promise.check(RecordStoreSubject(store, time: RunningTime.time))
    await engine.close()
  }

  @Test(arguments: RecordStoreContract.cases + RecordStoreContract.historyCases)
  func `a store in a file keeps the contract of RecordStore`(
    _ promise: ContractCase<RecordStoreSubject>
  ) async throws {
    let directory = try TemporaryDirectory()
    let (engine, store) = try await makeStore(
      in: directory.path, tables: RecordStoreContract.tables)
    try await promise.check(RecordStoreSubject(store, time: RunningTime.time))
    await engine.close()
  }

  /// Goal: the history test would notice if guards were not held.
  @Test func `a store without guards is caught`() async throws {
    var caught = 0
    for seed in 1...6 as ClosedRange<UInt64> {
      let (engine, store) = try await makeStore(tables: RecordStoreContract.tables)
      let history = await RecordHistory.record(
        RecordStoreSubject(GuardDroppingStore(store), time: RunningTime.time),
        RecordHistoryPlan(stepsPerClient: 60, seed: seed))
      if (try? history.check()) == nil { caught += 1 }
      await engine.close()
    }
    #expect(caught > 0)
  }

  /// Goal: what was acknowledged survives SIGKILL, and no batch is there by half.
  /// Method: a process of its own writes pairs, notes each acknowledged one, and kills itself.
  @Test(arguments: [20, 70, 150])
  func `a killed process loses nothing that it was told is there`(count: Int) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, count = count as Int] in
      let (_, store) = try await makeStore(in: path)
      let notes = open(path + "/notes", O_WRONLY | O_CREAT | O_APPEND, 0o600)
      await withTaskGroup(of: Void.self) { group in
        for writer in 0..<8 as Range<Int64> {
          group.addTask {
            for step in 0..<1_000 as Range<Int64> {
              let id = writer * 10_000 + step * 2
              _ = try? await store.commit(.inserting(.plain, .plain(id), .plain(id + 1)))
              var noted = id
              write(notes, &noted, 8)
              if writer == 0, step == count { kill(getpid(), SIGKILL) }
            }
          }
        }
      }
    }
    let (engine, store) = try await makeStore(in: path)
    let page = try await store.query(RecordQuery(table: "plain", limit: 10_000))
    let stored = Set(page.rows.map(\.row.key))
    let noted = try readNumbers(path + "/notes")
    #expect(noted.count > count)
    for id in noted { #expect(stored.contains([.integer(id)])) }
    for key in stored {
      guard case .integer(let id) = key[0] else { continue }
      #expect(stored.contains([.integer(id ^ 1)]))
    }
    await engine.close()
  }

  private func readNumbers(_ path: String) throws -> [Int64] {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw SystemFailure("open") }
    defer { close(file) }
    var numbers: [Int64] = []
    var number: Int64 = 0
    while read(file, &number, 8) == 8 { numbers.append(number) }
    return numbers
  }
}
