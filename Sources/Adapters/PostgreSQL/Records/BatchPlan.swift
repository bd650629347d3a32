internal import Ports

/// A checked batch as the calls of one exchange, which is one transaction: rows that are there are
/// locked in one order for all writers, then deletes make room, and inserts come last.
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
    calls =
      BatchPlan.locks(steps) + BatchPlan.deletes(steps) + BatchPlan.updates(steps, version)
      + BatchPlan.inserts(steps, version) + outbox.appends(batch.messages)
  }

  /// One call for each stretch of rows of one table that are locked in the same way.
  private static func locks(_ steps: [Step]) -> [ServerCall] {
    var calls: [ServerCall] = []
    var stretch: [(key: [RecordValue], version: CommitID)] = []
    var open: (plan: TablePlan, isGuard: Bool)?
    func close() {
      guard let open, !stretch.isEmpty else { return }
      let (plan, isGuard) = open
      calls.append(
        ServerCall(
          isGuard ? plan.hold : plan.lock,
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
      if open?.plan.name != step.plan.name || open?.isGuard != isGuard {
        close()
        open = (step.plan, isGuard)
      }
      stretch.append((step.change.key, version))
    }
    close()
    return calls
  }

  private static func deletes(_ steps: [Step]) -> [ServerCall] {
    let rows = steps.compactMap { step -> (TablePlan, ([RecordValue], CommitID))? in
      guard case .delete(let key, let version) = step.change else { return nil }
      return (step.plan, (key, version))
    }
    return grouped(rows).map { plan, rows in
      ServerCall(
        plan.delete,
        arrays(plan.declaration.key, rows.map(\.0))
          + [versions(rows.map(\.1)), Parameter(Int64(rows.count))])
    }
  }

  private static func updates(_ steps: [Step], _ version: CommitID) -> [ServerCall] {
    let rows = steps.compactMap { step -> (TablePlan, (Row, CommitID))? in
      guard case .update(let row, let over) = step.change else { return nil }
      return (step.plan, (row, over))
    }
    return grouped(rows).map { plan, rows in
      ServerCall(
        plan.update,
        arrays(plan.declaration.key, rows.map(\.0.key))
          + arrays(plan.declaration.columns, rows.map(\.0.columns))
          + [
            Parameter(array: rows.map { .bytes($0.0.body) }, .bytes), versions(rows.map(\.1)),
            Parameter(Int64(bitPattern: version.bits)), Parameter(Int64(rows.count)),
          ])
    }
  }

  private static func inserts(_ steps: [Step], _ version: CommitID) -> [ServerCall] {
    let rows = steps.compactMap { step -> (TablePlan, Row)? in
      guard case .insert(let row) = step.change else { return nil }
      return (step.plan, row)
    }
    return grouped(rows).map { plan, rows in
      ServerCall(
        plan.insert,
        arrays(plan.declaration.key, rows.map(\.key))
          + arrays(plan.declaration.columns, rows.map(\.columns))
          + [
            Parameter(array: rows.map { .bytes($0.body) }, .bytes),
            Parameter(Int64(bitPattern: version.bits)), Parameter(Int64(rows.count)),
          ])
    }
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
