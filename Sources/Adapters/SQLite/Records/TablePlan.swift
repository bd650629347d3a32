internal import Ports

/// A declared table as SQL, worked out once.
///
/// Declared names start with a letter, ours with an underscore, so they never meet. Nulls sort last
/// everywhere: a column that may be null is indexed through a generated column that holds an empty
/// blob for null, which SQLite sorts after every number and text; bytes become hexadecimal text for
/// the same reason.
struct TablePlan: Sendable {
  /// A column in the order of an index.
  struct OrderColumn: Hashable, Sendable {
    let column: TableDeclaration.Column
    /// The quoted column that SQLite sorts by.
    let sql: String
    /// Null is stored as an empty blob.
    let hasSentinel: Bool
  }

  /// An order in which rows can be read.
  struct Order: Sendable {
    /// The index's columns as declared; empty for the key.
    let declared: [OrderColumn]
    /// The declared ones, then what the key adds: no two rows are equal.
    let whole: [OrderColumn]
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

    let keyColumns = declaration.key.map {
      OrderColumn(column: $0, sql: TablePlan.quoted($0.name), hasSentinel: false)
    }
    keyOrder = Order(declared: [], whole: keyColumns, hint: "", condition: "")
    var orders: [String: Order] = [:]
    for index in declaration.indexes {
      let declared = TablePlan.orderColumns(of: index, in: declaration)
      let rest = keyColumns.filter { key in
        !declared.contains { $0.column.name == key.column.name }
      }
      orders[index.name] = Order(
        declared: declared, whole: declared + rest,
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

  /// What SQLite sorts by for each column of the index.
  static func orderColumns(
    of index: TableDeclaration.Index, in declaration: TableDeclaration
  ) -> [OrderColumn] {
    let all = declaration.key + declaration.columns
    var order: [OrderColumn] = []
    for (place, name) in index.columns.enumerated() {
      guard let column = all.first(where: { $0.name == name }) else { continue }
      // The first column of a partial index is never null there.
      let mayBeNull = column.isNullable && !(index.isPartial && place == 0)
      let sql = mayBeNull ? "_order_" + name : name
      order.append(OrderColumn(column: column, sql: quoted(sql), hasSentinel: mayBeNull))
    }
    return order
  }
}
