internal import Ports

/// A checked batch as the calls of one exchange, which is one transaction: rows that are there are
/// locked in one order for all writers, table by table, and inserts come last, when deletes have made
/// room.
struct BatchPlan: Sendable {
  let calls: [ServerCall]

  private struct Step {
    var plan: TablePlan
    var change: RecordBatch.Change
  }

  /// - Throws: `.refused` when the batch breaks a rule of the port.
  init(
    _ batch: RecordBatch, _ plans: [String: TablePlan], _ outbox: Outbox, version: CommitID
  ) throws(StoreError) {
    try StoreError.refuse(RecordRules.fault(in: batch))
    let entries = batch.entries.inWritingOrder
    try StoreError.refuse(entries.repeatedKeyFault)
    var steps: [Step] = []
    for entry in entries {
      guard let plan = plans[entry.table] else {
        throw .refused("table \(entry.table) is not declared")
      }
      try StoreError.refuse(RecordRules.fault(in: entry.change, of: plan.declaration))
      steps.append(Step(plan: plan, change: entry.change))
    }
    var calls: [ServerCall] = []
    for (plan, steps) in BatchPlan.grouped(steps.map { ($0.plan, $0) }) {
      calls += BatchPlan.changes(steps, of: plan, version)
    }
    for (plan, steps) in BatchPlan.grouped(steps.map { ($0.plan, $0) }) {
      calls += BatchPlan.inserts(steps, into: plan, version)
    }
    self.calls = calls + outbox.appends(batch.messages)
  }

  /// What becomes of the rows of one table that are there. Rows of one kind are locked by their own
  /// statement, which takes them in the order of their keys; where kinds are mixed, all are locked
  /// before.
  private static func changes(
    _ steps: [Step], of plan: TablePlan, _ version: CommitID
  ) -> [ServerCall] {
    let deletes = deletes(steps, of: plan)
    let updates = updates(steps, of: plan, version)
    let hasGuards = steps.contains { step in
      if case .guard = step.change { true } else { false }
    }
    let isMixed = (hasGuards ? 1 : 0) + deletes.count + updates.count > 1
    return (hasGuards || isMixed ? locks(steps, of: plan) : []) + deletes + updates
  }

  /// One call for each stretch of rows that are locked in the same way.
  private static func locks(_ steps: [Step], of plan: TablePlan) -> [ServerCall] {
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
    for step in steps {
      let version: CommitID
      let isGuard: Bool
      switch step.change {
      case .insert: continue
      case .update(_, let over), .delete(_, let over): (version, isGuard) = (over, false)
      case .guard(_, let at): (version, isGuard) = (at, true)
      }
      if isGuards != isGuard { close() }
      isGuards = isGuard
      stretch.append((step.change.key, version))
    }
    close()
    return calls
  }

  private static func deletes(_ steps: [Step], of plan: TablePlan) -> [ServerCall] {
    let rows = steps.compactMap { step -> ([RecordValue], CommitID)? in
      guard case .delete(let key, let version) = step.change else { return nil }
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
    _ steps: [Step], of plan: TablePlan, _ version: CommitID
  ) -> [ServerCall] {
    let rows = steps.compactMap { step -> (Row, CommitID)? in
      guard case .update(let row, let over) = step.change else { return nil }
      return (row, over)
    }
    guard !rows.isEmpty else { return [] }
    return [
      ServerCall(
        plan.update,
        arrays(plan.declaration.key, rows.map(\.0.key))
          + arrays(plan.declaration.columns, rows.map(\.0.columns))
          + [
            Parameter(array: rows.map { .bytes($0.0.body) }, .bytes), versions(rows.map(\.1)),
            Parameter(Int64(bitPattern: version.bits)), Parameter(Int64(rows.count)),
          ])
    ]
  }

  private static func inserts(
    _ steps: [Step], into plan: TablePlan, _ version: CommitID
  ) -> [ServerCall] {
    let rows = steps.compactMap { step -> Row? in
      guard case .insert(let row) = step.change else { return nil }
      return row
    }
    guard !rows.isEmpty else { return [] }
    return [
      ServerCall(
        plan.insert,
        arrays(plan.declaration.key, rows.map(\.key))
          + arrays(plan.declaration.columns, rows.map(\.columns))
          + [
            Parameter(array: rows.map { .bytes($0.body) }, .bytes),
            Parameter(Int64(bitPattern: version.bits)), Parameter(Int64(rows.count)),
          ])
    ]
  }

  /// The rows of each table; those of one table are neighbours already.
  private static func grouped<Item>(
    _ rows: [(plan: TablePlan, item: Item)]
  ) -> [(TablePlan, [Item])] {
    var groups: [(TablePlan, [Item])] = []
    for (plan, item) in rows {
      if groups.last?.0.name == plan.name {
        groups[groups.count - 1].1.append(item)
      } else {
        groups.append((plan, [item]))
      }
    }
    return groups
  }

  static func arrays(
    _ columns: [TableDeclaration.Column], _ rows: [[RecordValue]]
  ) -> [Parameter] {
    columns.enumerated().map { place, column in
      Parameter(array: rows.map { $0[place] }, column.type)
    }
  }

  private static func versions(_ versions: [CommitID]) -> Parameter {
    Parameter(array: versions.map { .integer(Int64(bitPattern: $0.bits)) }, .integer)
  }
}
