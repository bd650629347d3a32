internal import Ports

/// A checked batch as the calls of one exchange, which is one transaction: rows that are there are
/// locked in one order for all writers, table by table, and inserts come last, when deletes have
/// made room.
struct BatchPlan: Sendable {
  private typealias Step = CheckedBatch.Step

  let calls: [ServerCall]

  init(_ batch: CheckedBatch, _ outbox: Outbox) {
    var calls: [ServerCall] = []
    for (plan, steps) in batch.tables { calls += BatchPlan.changes(steps, of: plan) }
    for (plan, steps) in batch.tables { calls += BatchPlan.inserts(steps, into: plan) }
    self.calls = calls + outbox.appends(batch.messages)
  }

  /// What becomes of the rows of one table that are there. Rows of one kind are locked by their own
  /// statement, which takes them in the order of their keys; where kinds are mixed, all are locked
  /// before.
  private static func changes(_ steps: [Step], of plan: TablePlan) -> [ServerCall] {
    let deletes = deletes(steps, of: plan)
    let updates = updates(steps, of: plan)
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

  private static func updates(_ steps: [Step], of plan: TablePlan) -> [ServerCall] {
    var rows: [Row] = []
    var (old, new): ([CommitID], [CommitID]) = ([], [])
    for step in steps {
      guard case .update(let row, let over) = step.change else { continue }
      rows.append(row)
      old.append(over)
      new.append(step.version)
    }
    guard !rows.isEmpty else { return [] }
    return [
      ServerCall(
        plan.update,
        values(rows, plan.declaration)
          + [versions(old), versions(new), Parameter(Int64(rows.count))])
    ]
  }

  private static func inserts(_ steps: [Step], into plan: TablePlan) -> [ServerCall] {
    var rows: [Row] = []
    var new: [CommitID] = []
    for step in steps {
      guard case .insert(let row) = step.change else { continue }
      rows.append(row)
      new.append(step.version)
    }
    guard !rows.isEmpty else { return [] }
    return [
      ServerCall(
        plan.insert,
        values(rows, plan.declaration) + [versions(new), Parameter(Int64(rows.count))])
    ]
  }

  /// Keys, columns and bodies.
  private static func values(_ rows: [Row], _ declaration: TableDeclaration) -> [Parameter] {
    arrays(declaration.key, rows.map(\.key)) + arrays(declaration.columns, rows.map(\.columns))
      + [Parameter(array: rows.lazy.map { .bytes($0.body) }, .bytes)]
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
