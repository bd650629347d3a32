internal import Ports

/// The statements for one table. Each takes any number of rows, as one array for each column, so
/// that a batch costs the same few statements whatever its size. The rows come in the order of
/// their keys, and the server goes through the arrays and finds each row by its index (see
/// `PostgreSQLConfiguration.sessionOptions`): so all writers lock in one order.
///
/// Versions are `_version`, bodies `_body`: declared names begin with a letter and never meet them.
struct TableSQL {
  let declaration: TableDeclaration
  private let table: String
  private let keys: [String]
  private let columns: [String]

  init(_ declaration: TableDeclaration) {
    self.declaration = declaration
    table = TablePlan.quoted(declaration.name)
    keys = declaration.key.map { TablePlan.quoted($0.name) }
    columns = declaration.columns.map { TablePlan.quoted($0.name) }
  }

  var selected: String { (keys + columns + ["_version", "_body"]).map { "t.\($0)" }.list }

  /// `unnest($1::bigint[], $2::text[]) AS w("a", "b")`, and the number of the next parameter.
  private func rows(
    _ columns: [(name: String, type: String)]
  ) -> (sql: String, next: Int) {
    let arrays = columns.enumerated().map { "$\(1 + $0)::\($1.type)[]" }.list
    return ("unnest(\(arrays)) AS w(\(columns.map(\.name).list))", 1 + columns.count)
  }

  private var keyColumns: [(name: String, type: String)] {
    declaration.key.map { (TablePlan.quoted($0.name), $0.type.word) }
  }

  private var valueColumns: [(name: String, type: String)] {
    declaration.columns.map { (TablePlan.quoted($0.name), $0.type.word) }
  }

  private var isSameKey: String { keys.map { "t.\($0) = w.\($0)" }.joined(separator: " AND ") }

  /// Rows of keys, with the place of each key among those that were asked for.
  var get: String {
    let arrays = keyColumns.enumerated().map { "$\(1 + $0)::\($1.type)[]" }.list
    return """
      SELECT w._place, \(selected) FROM unnest(\(arrays)) WITH ORDINALITY \
      AS w(\((keys + ["_place"]).list)) JOIN \(table) AS t ON \(isSameKey)
      """
  }

  /// Waits for every transaction that has written to the table, and holds others off until it ends.
  var settle: String { "SELECT millrace_settle('\(table)'::regclass)" }

  /// Locks rows in the order in which they are named, which is that of their keys, and judges their
  /// versions. What it counts are rows that are as expected.
  func lock(_ strength: String) -> String {
    let rows = rows(keyColumns + [("_version", "bigint")])
    return """
      SELECT millrace_expect(count(*), $\(rows.next)::bigint) FROM (SELECT 1 FROM \(rows.sql) \
      JOIN \(table) AS t ON \(isSameKey) AND t._version = w._version \(strength)) AS locked
      """
  }

  var delete: String {
    let rows = rows(keyColumns + [("_version", "bigint")])
    return """
      WITH gone AS (DELETE FROM \(table) AS t USING \(rows.sql) WHERE \(isSameKey) \
      AND t._version = w._version RETURNING 1) \
      SELECT millrace_expect(count(*), $\(rows.next)::bigint) FROM gone
      """
  }

  /// Unique columns never change: a row that would is told apart from one that has changed.
  var update: String {
    let rows = rows(
      keyColumns + valueColumns + [("_body", "bytea"), ("_old", "bigint"), ("_new", "bigint")])
    let sets = (columns + ["_body"]).map { "\($0) = w.\($0)" } + ["_version = w._new"]
    let fixed = declaration.indexes.filter(\.isUnique).flatMap(\.columns)
      .filter { name in declaration.columns.contains { $0.name == name } }
      .map(TablePlan.quoted)
    let change = """
      WITH changed AS (UPDATE \(table) AS t SET \(sets.list) FROM \(rows.sql) WHERE \(isSameKey) \
      AND t._version = w._old RETURNING 1) \
      SELECT millrace_expect(count(*), $\(rows.next)::bigint) FROM changed
      """
    guard !fixed.isEmpty else { return change }
    let isSame = fixed.map { "t.\($0) IS NOT DISTINCT FROM w.\($0)" }.joined(separator: " AND ")
    return change
      + " UNION ALL SELECT millrace_expect_same(bool_and(\(isSame))) FROM \(rows.sql) "
      + "JOIN \(table) AS t ON \(isSameKey) AND t._version = w._old"
  }

  /// A key that is there already is a conflict, whatever else of the row is taken.
  var insert: String {
    let rows = rows(keyColumns + valueColumns + [("_body", "bytea"), ("_version", "bigint")])
    let names = keys + columns + ["_body", "_version"]
    return """
      WITH made AS (INSERT INTO \(table) (\(names.list)) \
      SELECT \(names.map { "w.\($0)" }.list) FROM \(rows.sql) \
      ON CONFLICT (\(keys.list)) DO NOTHING RETURNING 1) \
      SELECT millrace_expect(count(*), $\(rows.next)::bigint) FROM made
      """
  }
}

extension [String] {
  /// `a, b, c`
  var list: String { joined(separator: ", ") }
}
