internal import Ports

/// A batch that breaks no rule of the port, its changes table by table in the order for all
/// writers.
struct CheckedBatch: Sendable {
  /// What is to become of a row.
  struct Step: Sendable {
    var change: RecordBatch.Change
    /// The version that the row has afterwards.
    var version: CommitID
  }

  struct Key: Hashable, Sendable {
    var table: String
    var key: [RecordValue]
  }

  private(set) var tables: [(plan: TablePlan, steps: [Step])] = []
  private(set) var messages: [OutboxMessage]
  private(set) var entryCount: Int

  /// - Throws: `.refused` when the batch breaks a rule of the port.
  init(
    _ batch: RecordBatch, _ plans: [String: TablePlan], version: CommitID
  ) throws(StoreError) {
    try StoreError.refuse(RecordRules.fault(in: batch))
    let entries = batch.entries.inWritingOrder
    try StoreError.refuse(entries.repeatedKeyFault)
    messages = batch.messages
    entryCount = entries.count
    for entry in entries {
      guard let plan = plans[entry.table] else {
        throw .refused("table \(entry.table) is not declared")
      }
      try StoreError.refuse(RecordRules.fault(in: entry.change, of: plan.declaration))
      // Entries of one table are neighbours.
      if tables.last?.plan !== plan { tables.append((plan, [])) }
      tables[tables.count - 1].steps.append(Step(change: entry.change, version: version))
    }
  }

  /// Batches that have no row in common, as one.
  init(joining batches: [CheckedBatch]) {
    messages = batches.flatMap(\.messages)
    entryCount = batches.reduce(0) { $0 + $1.entryCount }
    var steps: [String: (plan: TablePlan, steps: [Step])] = [:]
    for (plan, some) in batches.flatMap(\.tables) {
      steps[plan.declaration.name, default: (plan, [])].steps += some
    }
    tables = steps.sorted { $0.key < $1.key }.map { _, table in
      let sorted = table.steps.sorted {
        $0.change.key.lexicographicallyPrecedes($1.change.key)
      }
      return (table.plan, sorted)
    }
  }

  var keys: [Key] {
    tables.flatMap { plan, steps in
      steps.map { Key(table: plan.declaration.name, key: $0.change.key) }
    }
  }
}
