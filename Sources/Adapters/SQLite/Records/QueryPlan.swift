internal import Ports

/// A query as one SQL statement over one index, checked.
struct QueryPlan: Sendable {
  let sql: String
  let values: [RecordValue]
  private let order: TablePlan.Order
  private let plan: TablePlan

  /// - Throws: `.refused` when the query does not fit the declaration.
  init(_ query: RecordQuery, _ plan: TablePlan) throws(EngineError) {
    let table = plan.declaration.name
    guard let order = plan.order(query.index) else {
      throw .refused("\(table) has no index \(query.index ?? "")")
    }
    guard (1...RecordRules.pageRowsMax).contains(query.limit) else {
      throw .refused("a page has 1 to \(RecordRules.pageRowsMax) rows, not \(query.limit)")
    }
    guard query.prefix.count <= order.whole.count else {
      throw .refused("the prefix has more values than the order has columns")
    }
    var builder = Builder(order: order, table: table)
    try builder.addPrefix(query.prefix)
    try builder.addRange(query)
    try builder.addCursor(query, plan)
    let direction = query.isDescending ? " DESC" : ""
    let sorted = order.whole.map { $0.sql + direction }.joined(separator: ", ")
    let filter =
      builder.conditions.isEmpty
      ? "" : " WHERE " + builder.conditions.joined(separator: " AND ")
    sql =
      "SELECT \(plan.selectedColumns) FROM \(plan.name)\(order.hint)\(filter)"
      + " ORDER BY \(sorted) LIMIT ?"
    // One more row tells whether anything follows.
    values = builder.values + [.integer(Int64(query.limit) + 1)]
    self.order = order
    self.plan = plan
  }

  /// Where a page that ends with `row` continues.
  func cursor(after row: Row) -> RecordCursor {
    let declaration = plan.declaration
    let indexed = order.declared.map { place -> RecordValue in
      if let index = declaration.key.firstIndex(where: { $0.name == place.column.name }) {
        return row.key[index]
      }
      return declaration.columns.firstIndex { $0.name == place.column.name }
        .map { row.columns[$0] } ?? .null
    }
    return RecordCursor(values: indexed + row.key)
  }

  private struct Builder {
    let order: TablePlan.Order
    let table: String
    var conditions: [String] = []
    var values: [RecordValue] = []
    var prefixCount = 0

    init(order: TablePlan.Order, table: String) {
      self.order = order
      self.table = table
      if !order.condition.isEmpty { conditions.append(order.condition) }
    }

    mutating func addPrefix(_ prefix: [RecordValue]) throws(EngineError) {
      prefixCount = prefix.count
      for (column, value) in zip(order.whole, prefix) {
        add(column, "=", try bound(value, column))
      }
    }

    mutating func addRange(_ query: RecordQuery) throws(EngineError) {
      guard query.lower != nil || query.upper != nil else { return }
      guard prefixCount < order.whole.count else {
        throw .refused("the range has no column left after the prefix")
      }
      let column = order.whole[prefixCount]
      let isPaged = query.after != nil
      if let lower = query.lower {
        let value = try bound(lower.value, column)
        // A cursor is at or beyond the end it moves away from, and SQLite uses one bound only.
        if !isPaged || query.isDescending { add(column, lower.isIncluded ? ">=" : ">", value) }
      }
      if let upper = query.upper {
        let value = try bound(upper.value, column)
        if !isPaged || !query.isDescending { add(column, upper.isIncluded ? "<=" : "<", value) }
      } else if column.hasSentinel, !isPaged || !query.isDescending {
        // No range matches a null.
        add(column, "<", .bytes([]))
      }
    }

    private mutating func add(
      _ column: TablePlan.OrderColumn, _ comparison: String, _ value: RecordValue
    ) {
      conditions.append("\(column.sql) \(comparison) ?")
      values.append(value)
    }

    mutating func addCursor(_ query: RecordQuery, _ plan: TablePlan) throws(EngineError) {
      guard let cursor = query.after else { return }
      let key = plan.declaration.key
      guard cursor.values.count == order.declared.count + key.count else {
        throw .refused("the cursor belongs to another query")
      }
      let keyValues = cursor.values.dropFirst(order.declared.count)
      let places =
        zip(order.declared, cursor.values).map { ($0, $1) }
        + order.whole.dropFirst(order.declared.count).compactMap { column in
          zip(key, keyValues).first { $0.0.name == column.column.name }.map { (column, $0.1) }
        }
      let rest = places.dropFirst(prefixCount)
      guard !rest.isEmpty else {
        // The prefix names one row, and the page before had it.
        conditions.append("0")
        return
      }
      let columns = rest.map(\.0.sql).joined(separator: ", ")
      let marks = [String](repeating: "?", count: rest.count).joined(separator: ", ")
      conditions.append("(\(columns)) \(query.isDescending ? "<" : ">") (\(marks))")
      for (column, value) in rest {
        values.append(value == .null ? .bytes([]) : try bound(value, column))
      }
    }

    /// The value as SQLite sorts it.
    private func bound(
      _ value: RecordValue, _ column: TablePlan.OrderColumn
    ) throws(EngineError) -> RecordValue {
      switch (value, column.column.type) {
      case (.null, _):
        throw .refused("\(table).\(column.column.name) is compared with a null")
      case (.integer, .integer), (.text, .text): return value
      case (.bytes(let bytes), .bytes):
        return column.hasSentinel ? .text(hexadecimal(bytes)) : value
      case (.integer, _), (.text, _), (.bytes, _):
        throw .refused("\(table).\(column.column.name) has another type than the query's value")
      }
    }

    /// What SQLite's hex() gives.
    private func hexadecimal(_ bytes: [UInt8]) -> String {
      let digits = [UInt8]("0123456789ABCDEF".utf8)
      var text: [UInt8] = []
      for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
      return String(decoding: text, as: UTF8.self)
    }
  }
}

extension RecordQuery.Bound {
  fileprivate var value: RecordValue {
    switch self {
    case .including(let value), .excluding(let value): value
    }
  }

  fileprivate var isIncluded: Bool {
    switch self {
    case .including: true
    case .excluding: false
    }
  }
}
