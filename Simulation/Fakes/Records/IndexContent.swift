internal import Domain
internal import Ports

/// One order of a table's rows: of its key or of an index.
struct RecordOrder {
  enum Source {
    case key(Int)
    case column(Int)
  }

  /// The columns of the index, then those of the key that are not among them.
  let columns: [TableDeclaration.Column]
  private let sources: [Source]
  /// How many of the columns are the index's own.
  let ownCount: Int

  /// Nil when a column is not declared.
  init?(_ names: [String], of table: TableDeclaration) {
    var columns: [TableDeclaration.Column] = []
    var sources: [Source] = []
    for name in names {
      if let place = table.key.firstIndex(where: { $0.name == name }) {
        columns.append(table.key[place])
        sources.append(.key(place))
      } else if let place = table.columns.firstIndex(where: { $0.name == name }) {
        columns.append(table.columns[place])
        sources.append(.column(place))
      } else {
        return nil
      }
    }
    ownCount = columns.count
    for (place, column) in table.key.enumerated() where !names.contains(column.name) {
      columns.append(column)
      sources.append(.key(place))
    }
    self.columns = columns
    self.sources = sources
  }

  func place(of row: Row) -> RecordKey {
    RecordKey(
      values: sources.map { source in
        switch source {
        case .key(let place): row.key[place]
        case .column(let place): row.columns[place]
        }
      })
  }

  func ownValues(of row: Row) -> [RecordValue] {
    Array(place(of: row).values.prefix(ownCount))
  }
}

/// An index with its content, in its order.
struct IndexContent {
  let declaration: TableDeclaration.Index
  let order: RecordOrder
  /// From places to keys of rows.
  private(set) var entries: SortedMap<RecordKey, RecordKey> = [:]

  init?(_ declaration: TableDeclaration.Index, of table: TableDeclaration) {
    guard let order = RecordOrder(declaration.columns, of: table) else { return nil }
    self.declaration = declaration
    self.order = order
  }

  mutating func add(_ row: Row) {
    let place = order.place(of: row)
    if declaration.isPartial, place.values.first == .null { return }
    entries[place] = RecordKey(values: row.key)
  }

  mutating func remove(_ row: Row) {
    entries.removeValue(for: order.place(of: row))
  }

  /// The values that must be unique; nil when a null exempts the row, or nothing must.
  func uniqueValues(of row: Row) -> [RecordValue]? {
    guard declaration.isUnique else { return nil }
    let values = order.ownValues(of: row)
    return values.contains(.null) ? nil : values
  }

  /// The key of the row that has these unique values.
  func holder(of values: [RecordValue]) -> RecordKey? {
    let start = entries.lowerBound(of: RecordKey(values: values))
    guard start < entries.keys.count, entries.keys[start].values.starts(with: values) else {
      return nil
    }
    return entries.values[start]
  }
}
