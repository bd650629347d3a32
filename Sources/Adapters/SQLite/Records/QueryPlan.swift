internal import Ports

/// A query as one SQL statement over one index, checked.
struct QueryPlan: Sendable {
  let sql: String
  let values: [RecordValue]
  private let order: TablePlan.Order

  /// - Throws: `.refused` when the query does not fit the declaration.
  init(_ query: RecordQuery, _ plan: TablePlan) throws(EngineError) {
    let table = plan.declaration.name
    guard let order = plan.order(query.index) else {
      throw .refused("\(table) has no index \(query.index ?? "")")
    }
    try EngineError.refuse(order.columns.fault(in: query))
    var builder = Builder(order: order)
    try builder.addPrefix(query.prefix)
    try builder.addRange(query)
    try builder.addCursor(query)
    let direction = query.isDescending ? " DESC" : ""
    let sorted = order.columns.whole.map { $0.sql + direction }.joined(separator: ", ")
    let filter =
      builder.conditions.isEmpty
      ? "" : " WHERE " + builder.conditions.joined(separator: " AND ")
    sql =
      "SELECT \(plan.selectedColumns) FROM \(plan.name)\(order.hint)\(filter)"
      + " ORDER BY \(sorted) LIMIT ?"
    // One more row tells whether anything follows.
    values = builder.values + [.integer(Int64(query.limit) + 1)]
    self.order = order
  }

  /// Where a page that ends with `row` continues.
  func cursor(after row: Row) -> RecordCursor { order.columns.cursor(after: row) }

  private struct Builder {
    let order: ReadOrder
    var conditions: [String] = []
    var values: [RecordValue] = []
    var prefixCount = 0

    init(order: TablePlan.Order) {
      self.order = order.columns
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
      _ column: ReadOrder.Column, _ comparison: String, _ value: RecordValue
    ) {
      conditions.append("\(column.sql) \(comparison) ?")
      values.append(value)
    }

    mutating func addCursor(_ query: RecordQuery) throws(EngineError) {
      guard let cursor = query.after else { return }
      guard let places = order.places(of: cursor) else {
        throw .refused("the cursor belongs to another query")
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
      _ value: RecordValue, _ column: ReadOrder.Column
    ) throws(EngineError) -> RecordValue {
      try EngineError.refuse(order.fault(in: value, comparedWith: column))
      guard case .bytes(let bytes) = value, column.hasSentinel else { return value }
      return .text(hexadecimal(bytes))
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
