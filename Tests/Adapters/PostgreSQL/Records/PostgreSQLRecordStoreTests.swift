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
