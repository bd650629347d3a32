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
    guard batch.entries.count <= RecordRules.entriesMax else {
      throw .refused(
        "a batch has at most \(RecordRules.entriesMax) entries and this one "
          + "\(batch.entries.count)")
    }
    var weight = 0
    var guards: [Step] = []
    var deletes: [Step] = []
    var updates: [Step] = []
    var inserts: [Step] = []
    for entry in try RecordWriter.sorted(batch.entries) {
      guard let plan = plans[entry.table] else {
        throw .refused("table \(entry.table) is not declared")
      }
      let step = Step(plan: plan, change: entry.change)
      switch entry.change {
      case .insert(let row):
        try RecordRules.check(row, plan.declaration)
        weight += RecordRules.weight(row)
        inserts.append(step)
      case .update(let row, _):
        try RecordRules.check(row, plan.declaration)
        weight += RecordRules.weight(row)
        updates.append(step)
      case .delete(let key, _):
        try RecordRules.check(key, plan.declaration.key, of: entry.table)
        deletes.append(step)
      case .guard(let key, _):
        try RecordRules.check(key, plan.declaration.key, of: entry.table)
        guards.append(step)
      }
    }
    for message in batch.messages {
      try Outbox.check(message)
      weight += Outbox.weight(message)
    }
    guard weight <= RecordRules.batchBytesMax else {
      throw .refused(
        "a batch has at most \(RecordRules.batchBytesMax) bytes and this one \(weight)")
    }
    self.weight = weight
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

  /// One order for all writers, in which equal keys would be neighbours.
  private static func sorted(
    _ entries: [RecordBatch.Entry]
  ) throws(EngineError) -> [RecordBatch.Entry] {
    let sorted = entries.sorted { left, right in
      left.table == right.table
        ? left.change.key.lexicographicallyPrecedes(right.change.key) : left.table < right.table
    }
    for (left, right) in zip(sorted, sorted.dropFirst())
    where left.table == right.table && !left.change.key.lexicographicallyPrecedes(right.change.key)
    {
      throw .refused("key \(left.change.key) of \(left.table) is in the batch twice")
    }
    return sorted
  }
}
