internal import Ports

/// The tables of the declarations in the file: made where missing, refused where different.
enum TableSchema {
  /// What tables and indexes a declaration stands for: name and statement, in the order of making.
  static func statements(for declaration: TableDeclaration) -> [(name: String, sql: String)] {
    let table = "r_" + declaration.name
    var parts = (declaration.key + declaration.columns).map { column in
      "\(TablePlan.quoted(column.name)) \(word(column.type))\(column.isNullable ? "" : " NOT NULL")"
    }
    for column in orderedNullableColumns(declaration) {
      let name = TablePlan.quoted(column.name)
      let order = TablePlan.quoted("_order_" + column.name)
      let value = column.type == .bytes ? "hex(\(name))" : name
      // hex(NULL) is an empty text, not NULL.
      let expression = "CASE WHEN \(name) IS NULL THEN x'' ELSE \(value) END"
      parts.append(
        "\(order) ANY GENERATED ALWAYS AS (\(expression)) VIRTUAL"
      )
    }
    parts += ["_version INTEGER NOT NULL", "_body BLOB NOT NULL"]
    let key = declaration.key.map { TablePlan.quoted($0.name) }.joined(separator: ", ")
    parts.append("PRIMARY KEY (\(key))")
    var statements = [
      (
        name: table,
        sql: """
        CREATE TABLE \(TablePlan.quoted(table)) (\(parts.joined(separator: ", "))) \
        STRICT, WITHOUT ROWID
        """
      )
    ]
    for index in declaration.indexes { statements += indexStatements(index, of: declaration) }
    return statements
  }

  /// Makes what is missing and compares the rest, in one transaction.
  static func prepare(
    _ declarations: [TableDeclaration], on connection: SQLiteConnection
  ) throws(EngineError) {
    for declaration in declarations {
      let wanted = statements(for: declaration)
      let there = try existing(declaration, on: connection)
      if there.isEmpty {
        for statement in wanted { try connection.run(statement.sql) }
        continue
      }
      for (name, sql) in wanted {
        guard let stored = there[name] else {
          throw mismatch(declaration, "\(name) is declared and not in the file")
        }
        guard stored == sql else {
          throw mismatch(declaration, "\(name) is stored as [\(stored)] and declared as [\(sql)]")
        }
      }
      for name in there.keys.sorted() where !wanted.contains(where: { $0.name == name }) {
        throw mismatch(declaration, "\(name) is in the file and not declared")
      }
    }
  }

  /// The table of the declaration and its indexes, by name.
  private static func existing(
    _ declaration: TableDeclaration, on connection: SQLiteConnection
  ) throws(EngineError) -> [String: String] {
    var there: [String: String] = [:]
    try connection.run(
      "SELECT name, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL",
      [.text("r_" + declaration.name)]
    ) { row in
      there[row.text(0)] = row.text(1)
    }
    return there
  }

  private static func mismatch(
    _ declaration: TableDeclaration, _ difference: String
  ) -> EngineError {
    .refused(
      "table \(declaration.name) in the file is not the one that this program declares: "
        + "\(difference). Use the version that made the file, or name another directory with --data"
    )
  }

  private static func indexStatements(
    _ index: TableDeclaration.Index, of declaration: TableDeclaration
  ) -> [(name: String, sql: String)] {
    let table = TablePlan.quoted("r_" + declaration.name)
    let order = ReadOrder(index, of: declaration).declared
    let name = TablePlan.indexName(index, of: declaration)
    let filter = index.isPartial ? " WHERE \(TablePlan.condition(of: index))" : ""
    // A null that is stored as a blob would count as taken: such uniqueness needs its own index.
    let isGuardedApart = index.isUnique && order.contains(where: \.hasSentinel)
    let columns = order.map(\.sql).joined(separator: ", ")
    let kind = index.isUnique && !isGuardedApart ? "UNIQUE INDEX" : "INDEX"
    var statements = [
      (
        name: name,
        sql: "CREATE \(kind) \(TablePlan.quoted(name)) ON \(table) (\(columns))\(filter)"
      )
    ]
    if isGuardedApart {
      let unique = "u_\(declaration.name).\(index.name)"
      let raw = index.columns.map(TablePlan.quoted).joined(separator: ", ")
      statements.append(
        (
          name: unique,
          sql: "CREATE UNIQUE INDEX \(TablePlan.quoted(unique)) ON \(table) (\(raw))\(filter)"
        ))
    }
    return statements
  }

  /// Columns that may be null and that some index sorts by where they can be null.
  private static func orderedNullableColumns(
    _ declaration: TableDeclaration
  ) -> [TableDeclaration.Column] {
    let sorted = declaration.indexes.flatMap { index in
      ReadOrder(index, of: declaration).declared.filter(\.hasSentinel).map(\.column.name)
    }
    return declaration.columns.filter { sorted.contains($0.name) }
  }

  private static func word(_ type: TableDeclaration.ColumnType) -> String {
    switch type {
    case .integer: "INTEGER"
    case .text: "TEXT"
    case .bytes: "BLOB"
    }
  }
}
