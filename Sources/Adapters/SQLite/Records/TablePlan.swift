internal import Ports

/// A declared table as SQL, worked out once.
///
/// Declared names start with a letter, ours with an underscore, so they never meet. Nulls sort last
/// everywhere: a column that may be null is indexed through a generated column that holds an empty
/// blob for null, which SQLite sorts after every number and text; bytes become hexadecimal text for
/// the same reason.
struct TablePlan: Sendable {
  /// An order in which rows can be read, as SQL.
  struct Order: Sendable {
    let columns: ReadOrder
    /// Forces the index; empty for the key.
    let hint: String
    /// Rows that are in the index; empty when all are.
    let condition: String
  }

  let declaration: TableDeclaration
  let name: String
  let selectedColumns: String
  let selectByKey: String
  let selectVersion: String
  let insert: String
  let update: String
  let delete: String
  /// Positions of columns that a unique index forbids to change.
  let fixedColumns: [Int]
  let selectFixed: String
  private let orders: [String: Order]
  private let keyOrder: Order

  init(_ declaration: TableDeclaration) {
    self.declaration = declaration
    name = TablePlan.quoted("r_" + declaration.name)
    let keys = declaration.key.map { TablePlan.quoted($0.name) }
    let columns = declaration.columns.map { TablePlan.quoted($0.name) }
    selectedColumns = (keys + columns + ["_version", "_body"]).joined(separator: ", ")
    let match = keys.map { "\($0) = ?" }.joined(separator: " AND ")
    let marks = [String](repeating: "?", count: keys.count + columns.count + 2)
    let sets = (columns + ["_version", "_body"]).map { "\($0) = ?" }.joined(separator: ", ")
    let others = (columns + ["_version", "_body"]).joined(separator: ", ")
    selectByKey = "SELECT \(others) FROM \(name) WHERE \(match)"
    selectVersion = "SELECT _version FROM \(name) WHERE \(match)"
    insert = """
      INSERT INTO \(name) (\(selectedColumns)) VALUES (\(marks.joined(separator: ", "))) \
      ON CONFLICT (\(keys.joined(separator: ", "))) DO NOTHING
      """
    update = "UPDATE \(name) SET \(sets) WHERE \(match) AND _version = ?"
    delete = "DELETE FROM \(name) WHERE \(match) AND _version = ?"

    let fixed = declaration.indexes.filter(\.isUnique).flatMap(\.columns)
    fixedColumns = declaration.columns.indices.filter {
      fixed.contains(declaration.columns[$0].name)
    }
    let fixedNames = fixedColumns.map { columns[$0] }.joined(separator: ", ")
    selectFixed = "SELECT \(fixedNames) FROM \(name) WHERE \(match)"

    keyOrder = Order(columns: ReadOrder(keyOf: declaration), hint: "", condition: "")
    var orders: [String: Order] = [:]
    for index in declaration.indexes {
      orders[index.name] = Order(
        columns: ReadOrder(index, of: declaration),
        hint: " INDEXED BY " + TablePlan.quoted(TablePlan.indexName(index, of: declaration)),
        condition: index.isPartial ? TablePlan.condition(of: index) : "")
    }
    self.orders = orders
  }

  /// The order of an index, or of the key when `index` is nil; nil when it is not declared.
  func order(_ index: String?) -> Order? {
    guard let index else { return keyOrder }
    return orders[index]
  }

  static func quoted(_ name: String) -> String { "\"\(name)\"" }

  static func indexName(
    _ index: TableDeclaration.Index, of declaration: TableDeclaration
  ) -> String {
    "i_\(declaration.name).\(index.name)"
  }

  /// Which rows a partial index holds.
  static func condition(of index: TableDeclaration.Index) -> String {
    index.columns.first.map { "\(quoted($0)) IS NOT NULL" } ?? ""
  }
}

extension ReadOrder.Column {
  /// What SQLite sorts by.
  var sql: String { TablePlan.quoted(hasSentinel ? "_order_" + column.name : column.name) }

  /// Null is stored as an empty blob.
  var hasSentinel: Bool { mayBeNull }
}
