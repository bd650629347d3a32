/// What the contract of `RecordStore` lets into a table. Backends of servers and files refuse
/// everything else before it reaches them; the first fault is said in words, nil means none.
public enum RecordRules {
  public static let indexedBytesMax = 1_024
  public static let bodyBytesMax = 1 << 20
  public static let entriesMax = 4_000
  public static let batchBytesMax = 16 << 20
  public static let keysMax = 10_000
  public static let pageRowsMax = 10_000
  public static let shardBytesMax = 256

  /// Bytes of a value, about.
  public static func weight(_ value: RecordValue) -> Int {
    switch value {
    case .null, .integer: 8
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    }
  }

  public static func weight(_ row: Row) -> Int {
    row.key.reduce(row.body.count) { $0 + weight($1) } + row.columns.reduce(0) { $0 + weight($1) }
  }

  public static func weight(_ batch: RecordBatch) -> Int {
    batch.entries.reduce(0) { sum, entry in
      switch entry.change {
      case .insert(let row), .update(let row, _): sum + weight(row)
      case .delete, .guard: sum
      }
    } + batch.messages.reduce(0) { $0 + BusRules.weight($1.record) }
  }

  // MARK: Faults

  /// Of a batch by itself, apart from the tables that it writes to.
  public static func fault(in batch: RecordBatch) -> String? {
    guard batch.entries.count <= entriesMax else {
      return "a batch has at most \(entriesMax) entries and this one \(batch.entries.count)"
    }
    for message in batch.messages { if let fault = fault(in: message) { return fault } }
    let weight = weight(batch)
    guard weight <= batchBytesMax else {
      return "a batch has at most \(batchBytesMax) bytes and this one \(weight)"
    }
    return nil
  }

  /// What the bus would never take must not wait for it.
  public static func fault(in message: OutboxMessage) -> String? {
    guard (1...shardBytesMax).contains(message.shard.utf8.count), !message.shard.utf8.contains(0)
    else { return "an outbox shard is named by 1 to \(shardBytesMax) bytes" }
    return BusRules.fault(in: message.record)
  }

  public static func fault(
    in change: RecordBatch.Change, of declaration: TableDeclaration
  ) -> String? {
    switch change {
    case .insert(let row), .update(let row, _): fault(in: row, of: declaration)
    case .delete(let key, _), .guard(let key, _):
      fault(in: key, declaration.key, of: declaration.name)
    }
  }

  public static func fault(in row: Row, of declaration: TableDeclaration) -> String? {
    if let fault = fault(in: row.key, declaration.key, of: declaration.name)
      ?? fault(in: row.columns, declaration.columns, of: declaration.name)
    {
      return fault
    }
    guard row.body.count <= bodyBytesMax else {
      return "a record of \(declaration.name) has \(row.body.count) bytes; "
        + "at most \(bodyBytesMax) fit"
    }
    return nil
  }

  /// Of keys that are read.
  public static func fault(
    in keys: [[RecordValue]], of declaration: TableDeclaration
  ) -> String? {
    guard keys.count <= keysMax else {
      return "at most \(keysMax) keys are read at once, not \(keys.count)"
    }
    for key in keys {
      if let fault = fault(in: key, declaration.key, of: declaration.name) { return fault }
    }
    return nil
  }

  private static func fault(
    in values: [RecordValue], _ columns: [TableDeclaration.Column], of table: String
  ) -> String? {
    guard values.count == columns.count else {
      return "\(table) takes \(columns.count) values here and got \(values.count)"
    }
    for (value, column) in zip(values, columns) {
      if let fault = fault(in: value, column, of: table) { return fault }
    }
    return nil
  }

  private static func fault(
    in value: RecordValue, _ column: TableDeclaration.Column, of table: String
  ) -> String? {
    switch (value, column.type) {
    case (.null, _):
      return column.isNullable ? nil : "\(table).\(column.name) must not be null"
    case (.integer, .integer):
      return nil
    case (.text(let text), .text):
      guard !text.utf8.contains(0) else {
        return "\(table).\(column.name) holds a NUL character"
      }
    case (.bytes, .bytes):
      break
    case (.integer, _), (.text, _), (.bytes, _):
      return "\(table).\(column.name) has another type"
    }
    guard weight(value) <= indexedBytesMax else {
      return "\(table).\(column.name) has \(weight(value)) bytes; indexed values have at most "
        + "\(indexedBytesMax)"
    }
    return nil
  }
}

extension [RecordBatch.Entry] {
  /// In one order for all writers, in which equal keys would be neighbours.
  public var inWritingOrder: [RecordBatch.Entry] {
    sorted { left, right in
      left.table == right.table
        ? left.change.key.lexicographicallyPrecedes(right.change.key) : left.table < right.table
    }
  }

  /// Of entries in their order: a key that is there twice.
  public var repeatedKeyFault: String? {
    for (left, right) in zip(self, dropFirst())
    where left.table == right.table && !left.change.key.lexicographicallyPrecedes(right.change.key)
    {
      return "key \(left.change.key) of \(left.table) is in the batch twice"
    }
    return nil
  }
}

extension StoreError {
  /// - Throws: `.refused` when there is a fault.
  public static func refuse(_ fault: String?) throws(StoreError) {
    if let fault { throw .refused(fault) }
  }
}
