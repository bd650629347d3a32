import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import PostgreSQLAdapter

@Suite struct PostgreSQLRecordStoreTests {
  @Test(arguments: RecordStoreContract.cases + RecordStoreContract.historyCases)
  func `a store on PostgreSQL keeps the contract of RecordStore`(
    _ promise: ContractCase<RecordStoreSubject>
  ) async throws {
    let tables = RecordStoreContract.tables
    let database = try await TestDatabase(tables)
    try await promise.check(
      RecordStoreSubject(try database.store(tables), time: TestDatabase.time))
    await database.close()
  }

  /// Goal: messages of one key keep the order of their commits, whichever connections these took.
  /// Method: commits for one key one after the other, among others on all connections.
  @Test func `messages of a key come in the order of their commits`() async throws {
    let database = try await TestDatabase([])
    let store = try database.store([])
    func message(_ key: String, _ number: Int) -> RecordBatch {
      RecordBatch(messages: [
        OutboxMessage(
          shard: "s", record: BusRecord(topic: "t", key: key, value: Array("\(number)".utf8)))
      ])
    }
    let isOver = Flag()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for other in 0..<7 {
        group.addTask {
          while !isOver.isSet { _ = try await store.commit(message("noise-\(other)", 0)) }
        }
      }
      for number in 0..<60 { _ = try await store.commit(message("key", number)) }
      isOver.set()
      try await group.waitForAll()
    }
    let pending = try await store.pending(shard: "s", limit: 10_000)
    let told = pending.map(\.record).filter { $0.key == "key" }
      .map { String(decoding: $0.value, as: UTF8.self) }
    #expect(told == (0..<60).map { "\($0)" })
    await database.close()
  }

  /// Goal: commits that wait for others share transactions, and none suffers for another one.
  /// Method: many at once, three of which cannot be; the transactions that made rows are counted.
  @Test func `commits that wait for others go together, and fail alone`() async throws {
    let tables = RecordStoreContract.tables
    let database = try await TestDatabase(tables)
    let store = try database.store(tables)
    func insert(_ number: Int) -> RecordBatch {
      RecordBatch(entries: [
        .init(table: "contract_root", .insert(Row(key: [.integer(Int64(number))], body: [])))
      ])
    }
    for number in [7, 50, 199] { _ = try await store.commit(insert(number)) }
    let outcomes = await withTaskGroup(of: (Int, StoreError?).self) { group in
      for number in 0..<200 {
        group.addTask {
          do throws(StoreError) {
            _ = try await store.commit(insert(number))
            return (number, nil)
          } catch {
            return (number, error)
          }
        }
      }
      return await group.reduce(into: [Int: StoreError]()) { $0[$1.0] = $1.1 }
    }
    #expect(outcomes == [7: .conflict, 50: .conflict, 199: .conflict])
    let rows = try await store.get("contract_root", (0..<200).map { [.integer($0)] })
    #expect(rows.allSatisfy { $0 != nil })
    #expect(Set(rows.compactMap { $0?.version }).count == 200, "each has a version of its own")
    let counted = try await database.pool.texts(
      "SELECT count(DISTINCT xmin::text)::text FROM contract_root")
    let transactions = try #require(counted.first.flatMap { Int($0) })
    #expect(transactions < 150, "\(transactions) transactions")
    await database.close()
  }

  /// Goal: the histories would notice if rows were looked at and not locked.
  @Test func `without the locks of guards no order can be found`() async throws {
    let tables = RecordStoreContract.tables
    var caught = 0
    for seed in 1...40 as ClosedRange<UInt64> where caught == 0 {
      let database = try await TestDatabase(tables)
      let store = PostgreSQLRecordStore(
        database.pool, plans: tables.map { TablePlan($0, holding: "") },
        randomness: SystemRandomness())
      let history = await RecordHistory.record(
        RecordStoreSubject(store, time: TestDatabase.time),
        RecordHistoryPlan(stepsPerClient: 60, seed: seed))
      if (try? history.check()) == nil { caught += 1 }
      await database.close()
    }
    #expect(caught > 0)
  }
}
