internal import Domain
public import Ports

/// What must be in the schema of a service before it starts, as SQL: the text from which migrations
/// are written, and that they are compared with.
public enum SchemaSQL {
  /// Everything for these tables, in the order of making.
  public static func statements(for tables: [TableDeclaration]) -> [String] {
    shared + tables.flatMap(statements)
  }

  /// The outbox, and how a statement says that something is not as the batch expects it.
  private static let shared = [
    """
    CREATE TABLE outbox (
      shard text COLLATE "C" NOT NULL,
      id bigint GENERATED ALWAYS AS IDENTITY,
      topic text COLLATE "C" NOT NULL,
      key text COLLATE "C" NOT NULL,
      headers bytea NOT NULL,
      value bytea NOT NULL,
      PRIMARY KEY (shard, id)
    )
    """,
    """
    CREATE FUNCTION millrace_expect(counted bigint, wanted bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      IF counted <> wanted THEN
        RAISE EXCEPTION '% rows of % are as expected', counted, wanted USING ERRCODE = 'MR001';
      END IF;
      RETURN counted;
    END $$
    """,
    """
    CREATE FUNCTION millrace_settle(wanted regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      EXECUTE format('LOCK TABLE %s IN SHARE MODE', wanted);
    END $$
    """,
    """
    CREATE FUNCTION millrace_expect_same(is_same boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      IF NOT is_same THEN
        RAISE EXCEPTION 'a unique column would change' USING ERRCODE = 'MR002';
      END IF;
      RETURN 0;
    END $$
    """,
  ]

  private static func statements(for declaration: TableDeclaration) -> [String] {
    let table = TablePlan.quoted(declaration.name)
    let columns = (declaration.key + declaration.columns).map { column in
      let null = column.isNullable ? "" : " NOT NULL"
      return "  \(TablePlan.quoted(column.name)) \(column.type.stored)\(null)"
    }
    let key = declaration.key.map { TablePlan.quoted($0.name) }.list
    let lines =
      columns + ["  _version bigint NOT NULL", "  _body bytea NOT NULL", "  PRIMARY KEY (\(key))"]
    return ["CREATE TABLE \(table) (\n\(lines.joined(separator: ",\n"))\n)"]
      + declaration.indexes.flatMap { statements(for: $0, of: declaration) }
  }

  private static func statements(
    for index: TableDeclaration.Index, of declaration: TableDeclaration
  ) -> [String] {
    let table = TablePlan.quoted(declaration.name)
    let order = ReadOrder(index, of: declaration)
    let filter = order.condition.isEmpty ? "" : " WHERE \(order.condition)"
    let name = TablePlan.quoted("\(declaration.name).\(index.name)")
    let columns = order.whole.flatMap(\.sql).list
    var statements = ["CREATE INDEX \(name) ON \(table) (\(columns))\(filter)"]
    if index.isUnique {
      let unique = TablePlan.quoted("\(declaration.name).\(index.name).unique")
      let raw = index.columns.map(TablePlan.quoted).list
      statements.append("CREATE UNIQUE INDEX \(unique) ON \(table) (\(raw))\(filter)")
    }
    return statements
  }
}

extension TableDeclaration.ColumnType {
  /// Text sorts by bytes.
  fileprivate var stored: String { self == .text ? "text COLLATE \"C\"" : word }
}
