internal import Ports

/// Rows as the port knows them, from answers of the server.
enum RowReader {
  /// The rows of keys, each in its place.
  static func rows(_ answer: ServerAnswer, _ plan: TablePlan, count: Int) -> [StoredRow?] {
    var rows = [StoredRow?](repeating: nil, count: count)
    for row in 0..<answer.rowCount {
      let place = Int(clamping: answer.integer(row, 0)) - 1
      guard rows.indices.contains(place) else { continue }
      rows[place] = stored(answer, row, from: 1, plan.declaration)
    }
    return rows
  }

  /// One page of a query; it ends early once it has `bytesMax`.
  static func page(
    _ answer: ServerAnswer, _ query: QueryPlan, of plan: TablePlan, limit: Int, bytesMax: Int
  ) -> RecordPage {
    var rows: [StoredRow] = []
    var bytes = 0
    for row in 0..<answer.rowCount {
      guard rows.count < limit, bytes < bytesMax else {
        return RecordPage(rows: rows, next: rows.last.map { query.cursor(after: $0.row) })
      }
      let stored = stored(answer, row, from: 0, plan.declaration)
      bytes += stored.row.body.count
      rows.append(stored)
    }
    return RecordPage(rows: rows, next: nil)
  }

  private static func stored(
    _ answer: ServerAnswer, _ row: Int, from first: Int, _ declaration: TableDeclaration
  ) -> StoredRow {
    var place = first
    func values(_ columns: [TableDeclaration.Column]) -> [RecordValue] {
      columns.map { column in
        defer { place += 1 }
        guard !answer.isNull(row, place) else { return .null }
        switch column.type {
        case .integer: return .integer(answer.integer(row, place))
        case .text: return .text(answer.text(row, place))
        case .bytes: return .bytes(answer.bytes(row, place))
        }
      }
    }
    let key = values(declaration.key)
    let columns = values(declaration.columns)
    return StoredRow(
      row: Row(key: key, columns: columns, body: answer.bytes(row, place + 1)),
      version: CommitID(bits: UInt64(bitPattern: answer.integer(row, place))))
  }
}
