internal import Ports

/// A checked batch in the order in which it is applied: what must still hold, then deletes, updates
/// and inserts, so that a value that a deleted row held is free for an inserted one.
struct RecordWriter: Sendable {
  private struct Step: Sendable {
    let plan: TablePlan
    let change: RecordBatch.Change
  }

  let weight: Int
  private let guards: [Step]
  private let deletes: [Step]
  private let updates: [Step]
  private let inserts: [Step]
  private let version: RecordValue

  /// - Throws: `.refused` when the batch breaks a rule of the port.
  init(
    _ batch: RecordBatch, _ plans: [String: TablePlan], version: CommitID
  ) throws(EngineError) {
    try EngineError.refuse(RecordRules.fault(in: batch))
    var guards: [Step] = []
    var deletes: [Step] = []
    var updates: [Step] = []
    var inserts: [Step] = []
    let entries = batch.entries.inWritingOrder
    try EngineError.refuse(entries.repeatedKeyFault)
    for entry in entries {
      guard let plan = plans[entry.table] else {
        throw .refused("table \(entry.table) is not declared")
      }
      try EngineError.refuse(RecordRules.fault(in: entry.change, of: plan.declaration))
      let step = Step(plan: plan, change: entry.change)
      switch entry.change {
      case .insert: inserts.append(step)
      case .update: updates.append(step)
      case .delete: deletes.append(step)
      case .guard: guards.append(step)
      }
    }
    weight = RecordRules.weight(batch)
    self.guards = guards
    self.deletes = deletes
    self.updates = updates
    self.inserts = inserts
    self.version = .integer(Int64(bitPattern: version.bits))
  }

  /// Applies everything within the open transaction. After an error, undo all of it.
  func apply(on connection: SQLiteConnection) throws(EngineError) {
    for step in guards { try hold(step, on: connection) }
    for step in deletes { try delete(step, on: connection) }
    // Versions are judged first: a refusal waits until everything was found as expected.
    var refusal: EngineError?
    for step in updates {
      let finding = try update(step, on: connection)
      refusal = refusal ?? finding
    }
    var rest = inserts[...]
    while refusal == nil, let step = rest.first {
      refusal = try insert(step, on: connection)
      if refusal == nil { rest.removeFirst() }
    }
    guard let refusal else { return }
    try expectAbsent(rest, on: connection)
    throw refusal
  }

  private func hold(_ step: Step, on connection: SQLiteConnection) throws(EngineError) {
    guard case .guard(let key, let version) = step.change else { return }
    let stored = try connection.number(step.plan.selectVersion, key)
    guard stored == Int64(bitPattern: version.bits) else { throw .conflict }
  }

  private func delete(_ step: Step, on connection: SQLiteConnection) throws(EngineError) {
    guard case .delete(let key, let version) = step.change else { return }
    try connection.run(step.plan.delete, key + [.integer(Int64(bitPattern: version.bits))])
    guard connection.changes == 1 else { throw .conflict }
  }

  /// Answers a refusal when a unique column changes.
  private func update(
    _ step: Step, on connection: SQLiteConnection
  ) throws(EngineError) -> EngineError? {
    guard case .update(let row, let version) = step.change else { return nil }
    let refusal = EngineError.refused(
      "a unique column of \(step.plan.declaration.name) never changes")
    let before = try fixedValues(step.plan, row.key, on: connection)
    do throws(EngineError) {
      try connection.run(
        step.plan.update,
        row.columns + [self.version, .bytes(row.body)] + row.key
          + [.integer(Int64(bitPattern: version.bits))])
    } catch .failed(let failure) where failure.isUniqueTaken {
      return refusal
    }
    guard connection.changes == 1 else { throw .conflict }
    return before == step.plan.fixedColumns.map { row.columns[$0] } ? nil : refusal
  }

  /// The values of unique columns that the row has now; empty when the table has none.
  private func fixedValues(
    _ plan: TablePlan, _ key: [RecordValue], on connection: SQLiteConnection
  ) throws(EngineError) -> [RecordValue] {
    guard !plan.fixedColumns.isEmpty else { return [] }
    var values: [RecordValue] = []
    try connection.run(plan.selectFixed, key) { row in
      values = plan.fixedColumns.indices.map(row.value)
    }
    return values
  }

  /// Answers a refusal when a unique value is taken.
  private func insert(
    _ step: Step, on connection: SQLiteConnection
  ) throws(EngineError) -> EngineError? {
    guard case .insert(let row) = step.change else { return nil }
    do throws(EngineError) {
      try connection.run(
        step.plan.insert, row.key + row.columns + [version, .bytes(row.body)])
    } catch .failed(let failure) where failure.isUniqueTaken {
      return .refused(
        "a unique value of \(step.plan.declaration.name) is taken: \(failure.message)")
    }
    guard connection.changes == 1 else { throw .conflict }
    return nil
  }

  private func expectAbsent(
    _ steps: ArraySlice<Step>, on connection: SQLiteConnection
  ) throws(EngineError) {
    for step in steps where try connection.number(step.plan.selectVersion, step.change.key) != nil {
      throw .conflict
    }
  }
}
