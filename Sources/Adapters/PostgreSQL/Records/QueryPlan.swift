internal import Ports

/// A query as one statement over one index, checked.
///
/// Statements that differ by their values only are one text, which the server plans once.
struct QueryPlan: Sendable {
  let sql: String
  let parameters: [Parameter]
  private let order: ReadOrder

  /// - Throws: `.refused` when the query does not fit the declaration.
  init(_ query: RecordQuery, _ plan: TablePlan) throws(StoreError) {
    let table = plan.declaration.name
    guard let order = plan.order(query.index) else {
      throw .refused("\(table) has no index \(query.index ?? "")")
    }
    try StoreError.refuse(order.fault(in: query))
    var builder = QueryBuilder(order: order)
    try builder.addPrefix(query.prefix)
    try builder.addRange(query)
    try builder.addCursor(query)
    let direction = query.isDescending ? " DESC" : ""
    let sorted = order.whole.flatMap { $0.sql.map { $0 + direction } }.list
    // One more row tells whether anything follows.
    let limit = builder.place(.integer(Int64(query.limit) + 1), .integer)
    let filter =
      builder.conditions.isEmpty
      ? "" : " WHERE " + builder.conditions.joined(separator: " AND ")
    sql =
      "SELECT \(plan.selected) FROM \(plan.name) AS t\(filter)"
      + " ORDER BY \(sorted) LIMIT \(limit)"
    parameters = builder.values.map { Parameter($0) }
    self.order = order
  }

  /// Where a page that ends with `row` continues.
  func cursor(after row: Row) -> RecordCursor { order.cursor(after: row) }
}

/// The conditions of a query and their values, in the order of their numbers.
private struct QueryBuilder {
  let order: ReadOrder
  var conditions: [String] = []
  var values: [RecordValue] = []
  private var prefixCount = 0

  init(order: ReadOrder) {
    self.order = order
    if !order.condition.isEmpty { conditions.append(order.condition) }
  }

  mutating func place(
    _ value: RecordValue, _ type: TableDeclaration.ColumnType
  ) -> String {
    values.append(value)
    return "$\(values.count)::\(type.word)"
  }

  mutating func addPrefix(_ prefix: [RecordValue]) throws(StoreError) {
    prefixCount = prefix.count
    for (column, value) in zip(order.whole, prefix) { try add(column, "=", value) }
  }

  mutating func addRange(_ query: RecordQuery) throws(StoreError) {
    guard query.lower != nil || query.upper != nil else { return }
    let column = order.whole[prefixCount]
    switch query.lower {
    case .including(let value)?: try add(column, ">=", value)
    case .excluding(let value)?: try add(column, ">", value)
    case nil: break
    }
    switch query.upper {
    case .including(let value)?: try add(column, "<=", value)
    case .excluding(let value)?: try add(column, "<", value)
    case nil: break
    }
  }

  /// A value is never compared with a null, which matches nothing.
  private mutating func add(
    _ column: ReadOrder.Column, _ comparison: String, _ value: RecordValue
  ) throws(StoreError) {
    try StoreError.refuse(order.fault(in: value, comparedWith: column))
    let place = place(value, column.column.type)
    let sql = column.sql
    guard column.mayBeNull else {
      conditions.append("\(sql[0]) \(comparison) \(place)")
      return
    }
    conditions.append("\(sql[0]) = false")
    conditions.append("\(sql[1]) \(comparison) \(place)")
  }

  mutating func addCursor(_ query: RecordQuery) throws(StoreError) {
    guard let cursor = query.after else { return }
    guard let places = order.places(of: cursor) else {
      throw .refused("the cursor belongs to another query")
    }
    let rest = places.dropFirst(prefixCount)
    guard !rest.isEmpty else {
      // The prefix names one row, and the page before had it.
      conditions.append("false")
      return
    }
    var marks: [String] = []
    for (column, value) in rest {
      if value != .null || !column.mayBeNull {
        try StoreError.refuse(order.fault(in: value, comparedWith: column))
      }
      let parts = column.places(of: value)
      if parts.count == 2 { marks.append(parts[0] == .integer(1) ? "true" : "false") }
      marks.append(place(parts[parts.count - 1], column.column.type))
    }
    let columns = rest.flatMap { $0.0.sql }.list
    conditions.append("(\(columns)) \(query.isDescending ? "<" : ">") (\(marks.list))")
  }
}
