public import Ports

/// The record store on an embedded database. See `RecordStore` for what it promises.
///
/// Commits of all callers share the engine's group commit. A cancelled commit is carried out like
/// any other and its caller learns how it ended. Pages hold fewer rows than asked for when these
/// are large; `next` alone says whether more follow.
public struct SQLiteRecordStore: RecordStore {
  /// Bytes after which a page ends, whatever its limit.
  static let pageBytesMax = 32 << 20

  private let engine: SQLiteEngine
  private let plans: [String: TablePlan]
  private let outbox: Outbox
  private let randomness: any Randomness

  /// Makes the declared tables where they are missing.
  ///
  /// - Throws: `.mismatch` when a table in the file is not the declared one.
  public static func open(
    _ engine: SQLiteEngine, tables: [TableDeclaration], randomness: any Randomness
  ) async throws(SQLiteOpenError) -> SQLiteRecordStore {
    if let finding = DeclarationRules.finding(in: tables) { throw .mismatch(finding) }
    do throws(EngineError) {
      let outbox = try await engine.write { connection throws(EngineError) in
        try TableSchema.prepare(tables, on: connection)
        return try Outbox(on: connection)
      }
      let plans = tables.map { ($0.name, TablePlan($0)) }
      return SQLiteRecordStore(
        engine: engine, plans: Dictionary(uniqueKeysWithValues: plans), outbox: outbox,
        randomness: randomness)
    } catch {
      switch error {
      case .refused(let message): throw .mismatch(message)
      case .conflict, .failed, .unavailable, .outcomeUnknown:
        throw .unusable("\(engine.path): the tables cannot be made: \(engine.storeError(error))")
      }
    }
  }

  public func get(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    do throws(EngineError) {
      let plan = try checked(table, keys)
      return try await engine.read { connection throws(EngineError) in
        try RowReader.rows(plan, keys, on: connection)
      }
    } catch { throw engine.storeError(error) }
  }

  public func settle(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    do throws(EngineError) {
      let plan = try checked(table, keys)
      return try await engine.settle { connection throws(EngineError) in
        try RowReader.rows(plan, keys, on: connection)
      }
    } catch { throw engine.storeError(error) }
  }

  public func query(_ query: RecordQuery) async throws(StoreError) -> RecordPage {
    do throws(EngineError) {
      let table = try plan(query.table)
      let plan = try QueryPlan(query, table)
      return try await engine.read { connection throws(EngineError) in
        try RowReader.page(
          plan, of: table, limit: query.limit, bytesMax: SQLiteRecordStore.pageBytesMax,
          on: connection)
      }
    } catch { throw engine.storeError(error) }
  }

  @discardableResult
  public func commit(_ batch: RecordBatch) async throws(StoreError) -> CommitID {
    let version = CommitID(bits: randomness.next())
    do throws(EngineError) {
      let writer = try RecordWriter(batch, plans, version: version)
      if batch.isEmpty { return version }
      let outbox = outbox
      let room = engine.room
      let messages = batch.messages
      try await engine.write(weight: writer.weight) { connection throws(EngineError) in
        try writer.apply(on: connection)
        try outbox.append(messages, on: connection)
      } whenCommitted: { _ in
        guard !messages.isEmpty else { return }
        outbox.committed(messages)
        room.wake(Set(messages.map(\.shard)).map { .outbox(shard: $0) })
      }
      return version
    } catch { throw engine.storeError(error) }
  }

  public func pending(shard: String, limit: Int) async throws(StoreError) -> [PendingMessage] {
    guard (1...RecordRules.pageRowsMax).contains(limit) else {
      throw .refused("1 to \(RecordRules.pageRowsMax) messages can be asked for, not \(limit)")
    }
    let mark = outbox.mark()
    do throws(EngineError) {
      let messages = try await engine.read { connection throws(EngineError) in
        try Outbox.read(shard, limit: limit, on: connection)
      }
      if messages.isEmpty { outbox.foundEmpty(shard, since: mark) }
      return messages
    } catch { throw engine.storeError(error) }
  }

  public func acknowledge(shard: String, _ ids: [Int64]) async throws(StoreError) {
    guard !ids.isEmpty else { return }
    do throws(EngineError) {
      try await engine.write { connection throws(EngineError) in
        try Outbox.delete(shard, ids, on: connection)
      }
    } catch { throw engine.storeError(error) }
  }

  public func waitForPending(shard: String, until deadline: Duration) async {
    let outbox = outbox
    await engine.room.wait(on: [.outbox(shard: shard)], for: deadline) {
      outbox.mayHold(shard)
    }
  }

  private func plan(_ table: String) throws(EngineError) -> TablePlan {
    guard let plan = plans[table] else { throw .refused("table \(table) is not declared") }
    return plan
  }

  private func checked(
    _ table: String, _ keys: [[RecordValue]]
  ) throws(EngineError) -> TablePlan {
    let plan = try plan(table)
    try EngineError.refuse(RecordRules.fault(in: keys, of: plan.declaration))
    return plan
  }
}
