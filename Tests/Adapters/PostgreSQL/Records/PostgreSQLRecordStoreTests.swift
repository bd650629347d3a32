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
