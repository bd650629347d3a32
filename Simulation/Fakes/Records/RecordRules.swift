internal import Domain
internal import Ports

/// What every backend refuses, whatever is stored.
enum RecordRules {
  static let keysMax = 10_000
  static let limitMax = 10_000
  static let entriesMax = 4_000
  static let batchBytesMax = 16 << 20
  static let indexedBytesMax = 1 << 10
  static let bodyBytesMax = 1 << 20
  static let messageBytesMax = 256 << 10

  static func check(_ declaration: TableDeclaration) throws(StoreError) {
    let names = declaration.key.map(\.name) + declaration.columns.map(\.name)
    guard !declaration.key.isEmpty, SortedSet(names).count == names.count else {
      throw .refused("\(declaration.name) has no key, or two columns of one name")
    }
    guard !declaration.key.contains(where: \.isNullable) else {
      throw .refused("a key column of \(declaration.name) may be null")
    }
  }

  static func check(key: [RecordValue], of table: TableDeclaration) throws(StoreError) {
    try check(key, against: table.key, "the key of \(table.name)")
  }

  static func check(_ row: Row, of table: TableDeclaration) throws(StoreError) {
    try check(key: row.key, of: table)
    try check(row.columns, against: table.columns, "the columns of \(table.name)")
    guard row.body.count <= bodyBytesMax else {
      throw .refused("a body of \(table.name) has \(row.body.count) bytes, more than 1 MiB")
    }
  }

  static func check(_ message: OutboxMessage) throws(StoreError) {
    let record = message.record
    guard !record.topic.isEmpty, record.value.count <= messageBytesMax else {
      throw .refused("a message needs a topic and has at most 256 KiB")
    }
    let texts =
      [message.shard, record.topic, record.key] + record.headers.flatMap { [$0.name, $0.value] }
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      throw .refused("a message to \(record.topic) has a text with NUL")
    }
  }

  static func checkSize(of batch: RecordBatch) throws(StoreError) {
    guard batch.entries.count <= entriesMax else {
      throw .refused("a batch has \(batch.entries.count) entries, more than \(entriesMax)")
    }
    var bytes = 0
    for entry in batch.entries {
      switch entry.change {
      case .insert(let row), .update(let row, _):
        bytes += row.body.count + (row.key + row.columns).reduce(0) { $0 + size(of: $1) }
      case .delete(let key, _), .guard(let key, _):
        bytes += key.reduce(0) { $0 + size(of: $1) }
      }
    }
    for message in batch.messages { bytes += message.record.value.count }
    guard bytes <= batchBytesMax else {
      throw .refused("a batch has \(bytes) bytes, more than 16 MiB")
    }
  }

  static func check(
    _ values: [RecordValue], against columns: [TableDeclaration.Column], _ what: String
  ) throws(StoreError) {
    guard values.count == columns.count else {
      throw .refused("\(what) has \(columns.count) values and not \(values.count)")
    }
    for (value, column) in zip(values, columns) {
      guard fits(value, column) else {
        throw .refused("\(value) is no value for \(column.name) in \(what)")
      }
      guard size(of: value) <= indexedBytesMax else {
        throw .refused("\(column.name) in \(what) is longer than 1 KiB")
      }
      if case .text(let text) = value, text.utf8.contains(0) {
        throw .refused("\(column.name) in \(what) contains NUL")
      }
    }
  }

  private static func fits(_ value: RecordValue, _ column: TableDeclaration.Column) -> Bool {
    switch (value, column.type) {
    case (.null, _): column.isNullable
    case (.integer, .integer), (.text, .text), (.bytes, .bytes): true
    case (.integer, _), (.text, _), (.bytes, _): false
    }
  }

  static func size(of value: RecordValue) -> Int {
    switch value {
    case .null: 0
    case .integer: 8
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    }
  }
}
