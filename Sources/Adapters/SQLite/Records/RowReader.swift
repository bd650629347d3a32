internal import Ports

/// Rows as the port knows them, from rows as SQLite has them.
enum RowReader {
  /// The rows of the keys, in order, all of one state.
  static func rows(
    _ plan: TablePlan, _ keys: [[RecordValue]], on connection: SQLiteConnection
  ) throws(EngineError) -> [StoredRow?] {
    if keys.count == 1 { return [try row(plan, keys[0], on: connection)] }
    return try connection.snapshot { () throws(EngineError) in
      var rows: [StoredRow?] = []
      rows.reserveCapacity(keys.count)
      for key in keys { rows.append(try row(plan, key, on: connection)) }
      return rows
    }
  }

  /// One page of a query; it ends early once it has `bytesMax`.
  static func page(
    _ query: QueryPlan, of plan: TablePlan, limit: Int, bytesMax: Int,
    on connection: SQLiteConnection
  ) throws(EngineError) -> RecordPage {
    let keys = plan.declaration.key.count
    let columns = plan.declaration.columns.count
    var rows: [StoredRow] = []
    var bytes = 0
    var hasMore = false
    try connection.run(query.sql, query.values) { row in
      guard rows.count < limit, bytes < bytesMax else {
        hasMore = true
        return
      }
      let body = row.bytes(keys + columns + 1)
      bytes += body.count
      rows.append(
        StoredRow(
          row: Row(
            key: (0..<keys).map(row.value), columns: (keys..<keys + columns).map(row.value),
            body: body),
          version: CommitID(bits: UInt64(bitPattern: row.integer(keys + columns)))))
    }
    return RecordPage(
      rows: rows, next: hasMore ? rows.last.map { query.cursor(after: $0.row) } : nil)
  }

  private static func row(
    _ plan: TablePlan, _ key: [RecordValue], on connection: SQLiteConnection
  ) throws(EngineError) -> StoredRow? {
    let columns = plan.declaration.columns.count
    var answer: StoredRow?
    try connection.run(plan.selectByKey, key) { row in
      answer = StoredRow(
        row: Row(
          key: key, columns: (0..<columns).map(row.value), body: row.bytes(columns + 1)),
        version: CommitID(bits: UInt64(bitPattern: row.integer(columns))))
    }
    return answer
  }
}
