import Glibc
import Ports
import Synchronization
import Testing

@testable import SQLiteAdapter

@Suite struct GroupCommitTests {
  /// Goal: a batch that conflicts falls alone, its neighbours in the same COMMIT stand.
  /// Method: hold the writer in one write until the others wait, so that they form a group.
  @Test func `a batch that conflicts is undone alone`() async throws {
    let (engine, store) = try await makeStore()
    let first = try await store.commit(.inserting(.plain, .plain(1)))
    let held = Gate()
    async let holding: Void = engine.write { _ throws(EngineError) in held.wait() }
    await held.reached()

    async let good = store.commit(.inserting(.plain, .plain(2)))
    async let bad = outcome(
      of: store,
      RecordBatch(entries: [
        .init(table: "plain", .insert(.plain(3))),
        .init(table: "plain", .update(.plain(1), over: CommitID(bits: first.bits &+ 1))),
      ]))
    async let refused = outcome(of: store, .inserting(.plain, .plain(4), .plain(4)))
    async let update = store.commit(
      RecordBatch(entries: [.init(table: "plain", .update(.plain(1, [5]), over: first))]))
    await waiting(3, in: engine)
    held.open()

    let versions = try await (good, update)
    #expect(await bad == .conflict)
    #expect(
      await refused == .refused("key [Ports.RecordValue.integer(4)] of plain is in the batch twice")
    )
    let rows = try await store.get("plain", (1...4).map { [.integer($0)] })
    #expect(
      rows == [
        StoredRow(row: .plain(1, [5]), version: versions.1),
        StoredRow(row: .plain(2), version: versions.0), nil, nil,
      ])
    try await holding
    await engine.close()
  }

  @Test func `a queue that is full refuses at once`() async throws {
    let (engine, store) = try await makeStore { $0.waitingWritesMax = 2 }
    let held = Gate()
    async let holding: Void = engine.write { _ throws(EngineError) in held.wait() }
    await held.reached()
    async let one = store.commit(.inserting(.plain, .plain(1)))
    async let two = store.commit(.inserting(.plain, .plain(2)))
    await waiting(2, in: engine)
    let third = await outcome(of: store, .inserting(.plain, .plain(3)))
    #expect(
      third == .unavailable("too many writes wait for :memory:: slow down and try again"))
    held.open()
    _ = try await (one, two)
    try await holding
    await engine.close()
  }

  @Test func `closing carries out what was accepted`() async throws {
    let directory = try TemporaryDirectory()
    let (engine, store) = try await makeStore(in: directory.path)
    let held = Gate()
    async let holding: Void = engine.write { _ throws(EngineError) in held.wait() }
    await held.reached()
    async let one = store.commit(.inserting(.plain, .plain(1)))
    await waiting(1, in: engine)
    async let closed: Void = engine.close()
    held.open()
    _ = try await one
    try await holding
    await closed
    let (other, reopened) = try await makeStore(in: directory.path)
    #expect(try await reopened.get("plain", [[.integer(1)]])[0] != nil)
    await other.close()
  }

  @Test func `a thousand commits at once all land`() async throws {
    let directory = try TemporaryDirectory()
    let (engine, store) = try await makeStore(in: directory.path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<1_000 as Range<Int64> {
        group.addTask {
          let version = try await store.commit(.inserting(.plain, .plain(number)))
          let read = try await store.get("plain", [[.integer(number)]])
          #expect(read == [StoredRow(row: .plain(number), version: version)])
        }
      }
      try await group.waitForAll()
    }
    let page = try await store.query(RecordQuery(table: "plain", limit: 10_000))
    #expect(page.rows.count == 1_000)
    await engine.close()
  }

  private func outcome(of store: SQLiteRecordStore, _ batch: RecordBatch) async -> StoreError? {
    await storeFailure { try await store.commit(batch) }
  }

  /// Returns once `count` writes wait for the writer.
  private func waiting(_ count: Int, in engine: SQLiteEngine) async {
    while engine.waitingWrites < count { await Task.yield() }
  }
}

/// Holds a thread until it is opened.
final class Gate: Sendable {
  private let state = Mutex((hasArrived: false, isOpen: false))

  func wait() {
    state.withLock { $0.hasArrived = true }
    while !state.withLock(\.isOpen) { sched_yield() }
  }

  func reached() async {
    while !state.withLock(\.hasArrived) { await Task.yield() }
  }

  func open() { state.withLock { $0.isOpen = true } }
}
