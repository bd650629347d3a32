/// An order in which the rows of a table can be read: that of an index, or of the key.
///
/// What every backend needs to make a statement of a `RecordQuery`; how a column is sorted by stays
/// with the backend.
public struct ReadOrder: Hashable, Sendable {
  public struct Column: Hashable, Sendable {
    public var column: TableDeclaration.Column
    /// Whether there are rows in the order that have a null here: they come last.
    public var mayBeNull: Bool
  }

  /// The index's columns as declared; empty for the key.
  public let declared: [Column]
  /// The declared ones, then what the key adds: no two rows are equal.
  public let whole: [Column]
  /// Of a partial index: the column by whose null a row is left out.
  public let presence: String?
  private let declaration: TableDeclaration

  /// The order of the key.
  public init(keyOf declaration: TableDeclaration) {
    self.declaration = declaration
    declared = []
    whole = declaration.key.map { Column(column: $0, mayBeNull: false) }
    presence = nil
  }

  /// The order of one of the table's indexes.
  public init(_ index: TableDeclaration.Index, of declaration: TableDeclaration) {
    self.declaration = declaration
    let all = declaration.key + declaration.columns
    let declared = index.columns.enumerated().compactMap { place, name -> Column? in
      guard let column = all.first(where: { $0.name == name }) else { return nil }
      // The first column of a partial index is never null there.
      return Column(
        column: column, mayBeNull: column.isNullable && !(index.isPartial && place == 0))
    }
    self.declared = declared
    whole =
      declared
      + declaration.key.filter { key in !declared.contains { $0.column.name == key.name } }
      .map { Column(column: $0, mayBeNull: false) }
    presence = index.isPartial ? index.columns.first : nil
  }

  /// Of a query's limit and prefix; nil when there is none.
  public func fault(in query: RecordQuery) -> String? {
    guard (1...RecordRules.pageRowsMax).contains(query.limit) else {
      return "a page has 1 to \(RecordRules.pageRowsMax) rows, not \(query.limit)"
    }
    guard query.prefix.count <= whole.count else {
      return "the prefix has more values than the order has columns"
    }
    guard query.prefix.count < whole.count || (query.lower == nil && query.upper == nil) else {
      return "the range has no column left after the prefix"
    }
    return nil
  }

  /// Where a page that ends with `row` continues.
  public func cursor(after row: Row) -> RecordCursor {
    let indexed = declared.map { place -> RecordValue in
      if let index = declaration.key.firstIndex(where: { $0.name == place.column.name }) {
        return row.key[index]
      }
      return declaration.columns.firstIndex { $0.name == place.column.name }
        .map { row.columns[$0] } ?? .null
    }
    return RecordCursor(values: indexed + row.key)
  }

  /// The values of a cursor in the whole order; nil when it belongs to another query.
  public func places(of cursor: RecordCursor) -> [(column: Column, value: RecordValue)]? {
    let key = declaration.key
    guard cursor.values.count == declared.count + key.count else { return nil }
    let keyValues = cursor.values.dropFirst(declared.count)
    return zip(declared, cursor.values).map { ($0, $1) }
      + whole.dropFirst(declared.count).compactMap { column in
        zip(key, keyValues).first { $0.0.name == column.column.name }.map { (column, $0.1) }
      }
  }

  /// Of a value that a query compares with a column.
  public func fault(in value: RecordValue, comparedWith column: Column) -> String? {
    let name = "\(declaration.name).\(column.column.name)"
    switch (value, column.column.type) {
    case (.null, _): return "\(name) is compared with a null"
    case (.integer, .integer), (.text, .text), (.bytes, .bytes): return nil
    case (.integer, _), (.text, _), (.bytes, _):
      return "\(name) has another type than the query's value"
    }
  }
}
