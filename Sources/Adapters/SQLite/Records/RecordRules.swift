internal import Ports

/// What the contract lets into a table. Everything else is refused before it reaches SQL.
enum RecordRules {
  static let indexedBytesMax = 1_024
  static let bodyBytesMax = 1 << 20
  static let entriesMax = 4_000
  static let batchBytesMax = 16 << 20
  static let keysMax = 10_000
  static let pageRowsMax = 10_000

  /// Bytes of a value, about.
  static func weight(_ value: RecordValue) -> Int {
    switch value {
    case .null, .integer: 8
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    }
  }

  static func weight(_ row: Row) -> Int {
    row.key.reduce(row.body.count) { $0 + weight($1) } + row.columns.reduce(0) { $0 + weight($1) }
  }

  /// Checks one value against its column.
  static func check(
    _ value: RecordValue, _ column: TableDeclaration.Column, of table: String
  ) throws(EngineError) {
    switch (value, column.type) {
    case (.null, _):
      if column.isNullable { return }
      throw .refused("\(table).\(column.name) must not be null")
    case (.integer, .integer):
      return
    case (.text(let text), .text):
      guard !text.utf8.contains(0) else {
        throw .refused("\(table).\(column.name) holds a NUL character")
      }
    case (.bytes, .bytes):
      break
    case (.integer, _), (.text, _), (.bytes, _):
      throw .refused("\(table).\(column.name) has another type")
    }
    guard weight(value) <= indexedBytesMax else {
      throw .refused(
        "\(table).\(column.name) has \(weight(value)) bytes; indexed values have at most "
          + "\(indexedBytesMax)")
    }
  }

  static func check(
    _ values: [RecordValue], _ columns: [TableDeclaration.Column], of table: String
  ) throws(EngineError) {
    guard values.count == columns.count else {
      throw .refused("\(table) takes \(columns.count) values here and got \(values.count)")
    }
    for (value, column) in zip(values, columns) { try check(value, column, of: table) }
  }

  static func check(_ row: Row, _ declaration: TableDeclaration) throws(EngineError) {
    try check(row.key, declaration.key, of: declaration.name)
    try check(row.columns, declaration.columns, of: declaration.name)
    guard row.body.count <= bodyBytesMax else {
      throw .refused(
        "a record of \(declaration.name) has \(row.body.count) bytes; at most \(bodyBytesMax) fit")
    }
  }
}
