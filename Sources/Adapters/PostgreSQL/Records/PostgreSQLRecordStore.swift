internal import Domain
public import Ports
internal import Synchronization

/// The record store on PostgreSQL.
///
/// A commit is one exchange: its statements are sent together, run as one transaction at READ
/// COMMITTED, and are judged by the server, so that no round trip holds a lock. A connection that
/// is lost while a commit is under way leaves its outcome unknown. Commits that wait for others
/// may go together in one transaction.
public final class PostgreSQLRecordStore: RecordStore {
  private let pool: SessionPool
  private let plans: [String: TablePlan]
  private let randomness: any Randomness
  private let outbox = Outbox()
  private let bell: OutboxBell
  private let group: GroupCommit
  /// Statements of queries by their text: there are as many as the services have kinds of queries.
  private let queries = Mutex<[String: PreparedText]>([:])

  /// - Throws: `.refused` when the declarations are not as they must be. The tables are there
  ///   already: migrations make them.
  public convenience init(
    _ pool: SessionPool, tables: [TableDeclaration], randomness: any Randomness
  ) throws(StoreError) {
    try StoreError.refuse(DeclarationRules.finding(in: tables))
    self.init(pool, plans: tables.map { TablePlan($0) }, randomness: randomness)
  }

  init(_ pool: SessionPool, plans: [TablePlan], randomness: any Randomness) {
    self.pool = pool
    self.randomness = randomness
    bell = OutboxBell(pool.loop, pool.time)
    group = GroupCommit(pool, outbox)
    self.plans = Dictionary(uniqueKeysWithValues: plans.map { ($0.declaration.name, $0) })
  }

  // MARK: Reading

  public func get(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    let plan = try plan(table)
    try StoreError.refuse(RecordRules.fault(in: keys, of: plan.declaration))
    guard !keys.isEmpty else { return [] }
    let answers = try await read([reading(keys, plan)])
    return RowReader.rows(answers[0], plan, count: keys.count)
  }

  public func settle(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    let plan = try plan(table)
    try StoreError.refuse(RecordRules.fault(in: keys, of: plan.declaration))
    guard !keys.isEmpty else { return [] }
    // What a lost connection has begun may still be on its way to the server's lock.
    guard await pool.endLost() else {
      throw .unavailable("connections that were lost are not over yet")
    }
    let answers = try await read([ServerCall(plan.settle), reading(keys, plan)])
    return RowReader.rows(answers[1], plan, count: keys.count)
  }

  public func query(_ query: RecordQuery) async throws(StoreError) -> RecordPage {
    let plan = try plan(query.table)
    let made = try QueryPlan(query, plan)
    let text = queries.withLock { queries in
      if let known = queries[made.sql] { return known }
      let text = PreparedText(made.sql)
      queries[made.sql] = text
      return text
    }
    let answers = try await read([ServerCall(text, made.parameters)])
    return RowReader.page(
      answers[0], made, of: plan, limit: query.limit,
      bytesMax: pool.configuration.pageBytesMax)
  }

  private func reading(_ keys: [[RecordValue]], _ plan: TablePlan) -> ServerCall {
    ServerCall(plan.get, BatchPlan.arrays(plan.declaration.key, keys))
  }

  private func read(_ calls: [ServerCall]) async throws(StoreError) -> [ServerAnswer] {
    switch await pool.run(calls) {
    case .success(let answers) where answers.count == calls.count: return answers
    case .success: throw .unavailable("the database has answered something else")
    case .failure(let failure): throw StoreError(failure, isWrite: false)
    }
  }

  private func plan(_ table: String) throws(StoreError) -> TablePlan {
    guard let plan = plans[table] else { throw .refused("table \(table) is not declared") }
    return plan
  }

  // MARK: Writing

  public func commit(_ batch: RecordBatch) async throws(StoreError) -> CommitID {
    let version = CommitID(bits: randomness.next())
    let checked = try CheckedBatch(batch, plans, version: version)
    if batch.isEmpty { return version }
    if Task.isCancelled { throw .outcomeUnknown }
    switch await group.run(checked) {
    case .success:
      bell.ring(batch.messages.map(\.shard))
      return version
    case .failure(.refused(.uniqueViolation, let message, _)):
      throw try await refusal(of: batch, message)
    case .failure(let failure):
      // Those that it has appended all the same are found by whoever looks.
      bell.ring(batch.messages.map(\.shard))
      throw StoreError(failure, isWrite: true)
    }
  }

  /// Versions are judged first: an insert that was applied before is a conflict, whatever unique
  /// value another one would take.
  private func refusal(
    of batch: RecordBatch, _ message: String
  ) async throws(StoreError) -> StoreError {
    for entry in batch.entries {
      let stored = try await get(entry.table, [entry.change.key]).first ?? nil
      switch entry.change {
      case .insert: if stored != nil { return .conflict }
      case .update(_, let version), .delete(_, let version), .guard(_, let version):
        if stored?.version != version { return .conflict }
      }
    }
    return .refused("a unique value is taken: \(message)")
  }

  // MARK: Outbox

  public func pending(shard: String, limit: Int) async throws(StoreError) -> [PendingMessage] {
    guard (1...RecordRules.pageRowsMax).contains(limit) else {
      throw .refused("1 to \(RecordRules.pageRowsMax) messages can be asked for, not \(limit)")
    }
    let mark = bell.mark()
    let answers = try await read([outbox.reading(shard, limit: limit)])
    let messages = try outbox.messages(answers[0], of: shard)
    if messages.isEmpty { bell.foundEmpty(shard, since: mark) }
    return messages
  }

  public func acknowledge(shard: String, _ ids: [Int64]) async throws(StoreError) {
    guard !ids.isEmpty else { return }
    switch await pool.run([outbox.removing(shard, ids)], isWrite: true) {
    case .success: return
    case .failure(let failure): throw StoreError(failure, isWrite: true)
    }
  }

  public func waitForPending(shard: String, until deadline: Duration) async {
    await bell.wait(for: shard, within: deadline)
  }
}

extension StoreError {
  init(_ failure: ServerFailure, isWrite: Bool) {
    switch failure {
    case .lost(let why): self = isWrite ? .outcomeUnknown : .unavailable(why)
    case .unreachable(let why): self = .unavailable(why)
    case .refused(let state, let message, _):
      if state.isConflict {
        self = .conflict
      } else if state == .fixedColumn {
        self = .refused("a unique column never changes")
      } else if state == .undefinedTable {
        self = .unavailable("\(message): run `millrace admin migrate`")
      } else if state.mayPass {
        self = .unavailable(message)
      } else {
        self = .refused("\(message) (\(state.text))")
      }
    }
  }
}
