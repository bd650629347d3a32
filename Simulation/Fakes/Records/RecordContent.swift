internal import Domain
internal import Ports

/// All tables and the outbox: judges batches and applies them, all or nothing.
struct RecordContent {
  private(set) var tables: SortedMap<String, TableContent> = [:]
  private(set) var outbox = OutboxContent()

  init(_ declarations: [TableDeclaration]) throws(StoreError) {
    for declaration in declarations {
      tables[declaration.name] = try TableContent(declaration)
    }
  }

  mutating func removeAll() {
    tables = [:]
    outbox = OutboxContent()
  }

  func table(_ name: String) throws(StoreError) -> TableContent {
    guard let table = tables[name] else { throw .refused("there is no table \(name)") }
    return table
  }

  func rows(_ name: String, _ keys: [[RecordValue]]) throws(StoreError) -> [StoredRow?] {
    let table = try table(name)
    guard keys.count <= RecordRules.keysMax else {
      throw .refused("\(keys.count) keys are more than 10,000")
    }
    var rows: [StoredRow?] = []
    rows.reserveCapacity(keys.count)
    for key in keys {
      try RecordRules.check(key: key, of: table.declaration)
      rows.append(table.rows[RecordKey(values: key)])
    }
    return rows
  }

  // MARK: Judging

  /// What a batch may not be, whatever is stored.
  func checkForm(of batch: RecordBatch) throws(StoreError) {
    try RecordRules.checkSize(of: batch)
    var seen: [RecordPlace] = []
    for entry in batch.entries {
      let declaration = try table(entry.table).declaration
      switch entry.change {
      case .insert(let row), .update(let row, _):
        try RecordRules.check(row, of: declaration)
      case .delete(let key, _), .guard(let key, _):
        try RecordRules.check(key: key, of: declaration)
      }
      seen.append(RecordPlace(entry))
    }
    guard seen.count < 2 || SortedSet(seen).count == seen.count else {
      throw .refused("a key occurs twice in a batch")
    }
    for message in batch.messages { try RecordRules.check(message) }
  }

  /// Whether the batch would be applied now.
  func judge(_ batch: RecordBatch) throws(StoreError) {
    for entry in batch.entries {
      let stored = try table(entry.table).rows[RecordKey(values: entry.change.key)]
      switch entry.change {
      case .insert:
        guard stored == nil else { throw .conflict }
      case .update(_, let version), .delete(_, let version), .guard(_, let version):
        guard stored?.version == version else { throw .conflict }
      }
    }
    try judgeUnique(batch)
  }

  private func judgeUnique(_ batch: RecordBatch) throws(StoreError) {
    var deleted: SortedSet<RecordPlace> = []
    for entry in batch.entries {
      if case .delete = entry.change { deleted.insert(RecordPlace(entry)) }
    }
    var taken: SortedSet<RecordPlace> = []
    for entry in batch.entries {
      let table = try table(entry.table)
      switch entry.change {
      case .delete, .guard:
        continue
      case .update(let row, _):
        let old = table.rows[RecordKey(values: row.key)]?.row
        for index in table.indexes where index.declaration.isUnique {
          guard old.map(index.order.ownValues(of:)) == index.order.ownValues(of: row) else {
            throw .refused("unique columns of \(entry.table) never change")
          }
        }
      case .insert(let row):
        for index in table.indexes {
          guard let values = index.uniqueValues(of: row) else { continue }
          if let holder = index.holder(of: values),
            !deleted.contains(RecordPlace(table: entry.table, key: holder))
          {
            throw .refused("\(values) of \(index.declaration.name) in \(entry.table) is taken")
          }
          let place = RecordPlace(
            table: "\(entry.table) \(index.declaration.name)", key: RecordKey(values: values))
          guard taken.insert(place) else {
            throw .refused("\(values) of \(index.declaration.name) comes twice in a batch")
          }
        }
      }
    }
  }

  // MARK: Applying

  /// Applies a batch that was judged well.
  mutating func apply(_ batch: RecordBatch, version: CommitID, messageIDs: [Int64]) {
    for entry in batch.entries {
      if case .delete(let key, _) = entry.change {
        tables.update(entry.table) { $0.remove(RecordKey(values: key)) }
      }
    }
    for entry in batch.entries {
      switch entry.change {
      case .insert(let row):
        tables.update(entry.table) { $0.insert(row, version: version) }
      case .update(let row, _):
        tables.update(entry.table) { $0.update(row, version: version) }
      case .delete, .guard:
        break
      }
    }
    for (message, id) in zip(batch.messages, messageIDs) { outbox.add(message, id: id) }
  }

  mutating func acknowledge(_ shard: String, _ ids: [Int64]) {
    outbox.acknowledge(shard, ids)
  }
}

/// A row's table and key, also when there is no such row.
struct RecordPlace: Hashable, Comparable {
  var table: String
  var key: RecordKey

  init(table: String, key: RecordKey) {
    self.table = table
    self.key = key
  }

  init(_ entry: RecordBatch.Entry) {
    self.init(table: entry.table, key: RecordKey(values: entry.change.key))
  }

  static func < (left: RecordPlace, right: RecordPlace) -> Bool {
    left.table == right.table ? left.key < right.key : left.table < right.table
  }
}
