internal import Ports

/// A declared table as SQL, worked out once.
///
/// Nulls sort last, which is the order of the server. A cursor has to compare with them all the
/// same, which `NULL` does not allow: a column that may be null is indexed as two expressions,
/// whether it is null and what it is if not.
final class TablePlan: Sendable {
  let declaration: TableDeclaration
  let name: String
  let selected: String
  let get: PreparedText
  let settle: PreparedText
  let lock: PreparedText
  let hold: PreparedText
  let delete: PreparedText
  let update: PreparedText
  let insert: PreparedText
  private let orders: [String: ReadOrder]
  private let keyOrder: ReadOrder

  /// - Parameter holding: how rows are locked that a batch relies on and does not write.
  init(_ declaration: TableDeclaration, holding: String = "FOR SHARE OF t") {
    self.declaration = declaration
    name = TablePlan.quoted(declaration.name)
    let sql = TableSQL(declaration)
    selected = sql.selected
    get = PreparedText(sql.get)
    settle = PreparedText(sql.settle)
    lock = PreparedText(sql.lock("FOR NO KEY UPDATE OF t"))
    hold = PreparedText(sql.lock(holding))
    delete = PreparedText(sql.delete)
    update = PreparedText(sql.update)
    insert = PreparedText(sql.insert)
    keyOrder = ReadOrder(keyOf: declaration)
    orders = Dictionary(
      uniqueKeysWithValues: declaration.indexes.map { ($0.name, ReadOrder($0, of: declaration)) })
  }

  /// The order of an index, or of the key when `index` is nil; nil when it is not declared.
  func order(_ index: String?) -> ReadOrder? {
    guard let index else { return keyOrder }
    return orders[index]
  }

  static func quoted(_ name: String) -> String { "\"\(name)\"" }
}

extension ReadOrder {
  /// Which rows it has; empty when it has all.
  var condition: String { presence.map { "\(TablePlan.quoted($0)) IS NOT NULL" } ?? "" }
}

extension ReadOrder.Column {
  /// What the server sorts by.
  var sql: [String] {
    let name = TablePlan.quoted(column.name)
    return mayBeNull ? ["(\(name) IS NULL)", "COALESCE(\(name), \(column.type.empty))"] : [name]
  }

  /// A value in the place of each of these.
  func places(of value: RecordValue) -> [RecordValue] {
    guard mayBeNull else { return [value] }
    return value == .null ? [.integer(1), column.type.emptyValue] : [.integer(0), value]
  }
}

extension TableDeclaration.ColumnType {
  /// Stands in an index for a null.
  fileprivate var empty: String {
    switch self {
    case .integer: "0"
    case .text: "''"
    case .bytes: "''::bytea"
    }
  }

  fileprivate var emptyValue: RecordValue {
    switch self {
    case .integer: .integer(0)
    case .text: .text("")
    case .bytes: .bytes([])
    }
  }
}
