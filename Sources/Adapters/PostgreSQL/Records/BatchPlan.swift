internal import Ports

/// A checked batch as the calls of one exchange, which is one transaction: rows that are there are
/// locked in one order for all writers, table by table, and inserts come last, when deletes have made
/// room.
struct BatchPlan: Sendable {
  let calls: [ServerCall]

  /// - Throws: `.refused` when the batch breaks a rule of the port.
  init(
    _ batch: RecordBatch, _ plans: [String: TablePlan], _ outbox: Outbox, version: CommitID
  ) throws(StoreError) {
    try StoreError.refuse(RecordRules.fault(in: batch))
    let entries = batch.entries.inWritingOrder
    try StoreError.refuse(entries.repeatedKeyFault)
    var tables: [(plan: TablePlan, changes: [RecordBatch.Change])] = []
    for entry in entries {
      guard let plan = plans[entry.table] else {
        throw .refused("table \(entry.table) is not declared")
      }
      try StoreError.refuse(RecordRules.fault(in: entry.change, of: plan.declaration))
      // Entries of one table are neighbours.
      if tables.last?.plan !== plan { tables.append((plan, [])) }
      tables[tables.count - 1].changes.append(entry.change)
    }
    var calls: [ServerCall] = []
    for (plan, changes) in tables { calls += BatchPlan.changes(changes, of: plan, version) }
    for (plan, changes) in tables { calls += BatchPlan.inserts(changes, into: plan, version) }
    self.calls = calls + outbox.appends(batch.messages)
  }

  /// What becomes of the rows of one table that are there. Rows of one kind are locked by their own
  /// statement, which takes them in the order of their keys; where kinds are mixed, all are locked
  /// before.
  private static func changes(
    _ changes: [RecordBatch.Change], of plan: TablePlan, _ version: CommitID
  ) -> [ServerCall] {
    let deletes = deletes(changes, of: plan)
    let updates = updates(changes, of: plan, version)
    let hasGuards = changes.contains { change in
      if case .guard = change { true } else { false }
    }
    let isMixed = (hasGuards ? 1 : 0) + deletes.count + updates.count > 1
    return (hasGuards || isMixed ? locks(changes, of: plan) : []) + deletes + updates
  }

  /// One call for each stretch of rows that are locked in the same way.
  private static func locks(_ changes: [RecordBatch.Change], of plan: TablePlan) -> [ServerCall] {
    var calls: [ServerCall] = []
    var stretch: [(key: [RecordValue], version: CommitID)] = []
    var isGuards = false
    func close() {
      guard !stretch.isEmpty else { return }
      calls.append(
        ServerCall(
          isGuards ? plan.hold : plan.lock,
          arrays(plan.declaration.key, stretch.map(\.key))
            + [versions(stretch.map(\.version)), Parameter(Int64(stretch.count))]))
      stretch = []
    }
    for change in changes {
      let version: CommitID
      let isGuard: Bool
      switch change {
      case .insert: continue
      case .update(_, let over), .delete(_, let over): (version, isGuard) = (over, false)
      case .guard(_, let at): (version, isGuard) = (at, true)
      }
      if isGuards != isGuard { close() }
      isGuards = isGuard
      stretch.append((change.key, version))
    }
    close()
    return calls
  }

  private static func deletes(_ changes: [RecordBatch.Change], of plan: TablePlan) -> [ServerCall] {
    let rows = changes.compactMap { change -> ([RecordValue], CommitID)? in
      guard case .delete(let key, let version) = change else { return nil }
      return (key, version)
    }
    guard !rows.isEmpty else { return [] }
    return [
      ServerCall(
        plan.delete,
        arrays(plan.declaration.key, rows.map(\.0))
          + [versions(rows.map(\.1)), Parameter(Int64(rows.count))])
    ]
  }

  private static func updates(
    _ changes: [RecordBatch.Change], of plan: TablePlan, _ version: CommitID
  ) -> [ServerCall] {
    let rows = changes.compactMap { change -> (Row, CommitID)? in
      guard case .update(let row, let over) = change else { return nil }
      return (row, over)
    }
    guard !rows.isEmpty else { return [] }
    return [
      ServerCall(
        plan.update,
        arrays(plan.declaration.key, rows.map(\.0.key))
          + arrays(plan.declaration.columns, rows.map(\.0.columns))
          + [
            Parameter(array: rows.lazy.map { .bytes($0.0.body) }, .bytes), versions(rows.map(\.1)),
            Parameter(Int64(bitPattern: version.bits)), Parameter(Int64(rows.count)),
          ])
    ]
  }

  private static func inserts(
    _ changes: [RecordBatch.Change], into plan: TablePlan, _ version: CommitID
  ) -> [ServerCall] {
    let rows = changes.compactMap { change -> Row? in
      guard case .insert(let row) = change else { return nil }
      return row
    }
    guard !rows.isEmpty else { return [] }
    return [
      ServerCall(
        plan.insert,
        arrays(plan.declaration.key, rows.map(\.key))
          + arrays(plan.declaration.columns, rows.map(\.columns))
          + [
            Parameter(array: rows.lazy.map { .bytes($0.body) }, .bytes),
            Parameter(Int64(bitPattern: version.bits)), Parameter(Int64(rows.count)),
          ])
    ]
  }

  static func arrays(
    _ columns: [TableDeclaration.Column], _ rows: [[RecordValue]]
  ) -> [Parameter] {
    columns.enumerated().map { place, column in
      Parameter(array: rows.lazy.map { $0[place] }, column.type)
    }
  }

  private static func versions(_ versions: [CommitID]) -> Parameter {
    Parameter(array: versions.lazy.map { .integer(Int64(bitPattern: $0.bits)) }, .integer)
  }
}
