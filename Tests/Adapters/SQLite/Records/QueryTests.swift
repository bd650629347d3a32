import Ports
import Testing

@testable import SQLiteAdapter

@Suite struct QueryTests {
  /// Goal: no shape of query sorts or walks past its range.
  /// Method: ask SQLite for its plan of every shape.
  @Test(arguments: [nil, "by_word", "live", "by_due", "by_mark", "code", "back"])
  func `every shape of query reads along its index`(index: String?) async throws {
    let (engine, _) = try await makeStore()
    let plan = TablePlan(.sample)
    for query in shapes(of: index, plan) {
      let statement = try QueryPlan(query, plan)
      let steps = try await engine.read { connection throws(EngineError) in
        var steps: [String] = []
        try connection.run("EXPLAIN QUERY PLAN " + statement.sql, statement.values) { row in
          steps.append(row.text(3))
        }
        return steps
      }
      let isOpen = query.prefix.isEmpty && query.lower == nil && query.upper == nil
      for step in steps {
        #expect(!step.contains("TEMP B-TREE"), "\(statement.sql): \(step)")
        #expect(
          isOpen && query.after == nil || step.hasPrefix("SEARCH"), "\(statement.sql): \(step)")
      }
      #expect(steps.count == 1)
    }
    await engine.close()
  }

  /// Goal: pages hold what the port says, whatever the values.
  /// Method: random rows and queries against sorting and filtering in memory.
  @Test func `pages agree with sorting in memory`() async throws {
    let (engine, store) = try await makeStore()
    var random = Draws(seed: 7)
    var rows: [Row] = []
    for number in 0..<300 as Range<Int64> {
      let sample = Row.Sample(
        word: random.pick(["x", "y", "yy", "é"]), due: random.pick([nil, -1, 0, 5, .max, .min]),
        mark: random.pick([nil, [], [0], [0, 0], [255], [7, 8]]),
        code: random.pick([nil, "c\(number)"]))
      let row = Row.sample(
        number, space: random.pick(["a", "b", "bé", ""]), sample, body: [1, 2])
      rows.append(row)
      try await store.commit(.inserting(.sample, row))
    }
    let plan = TablePlan(.sample)
    for index in [nil, "by_word", "live", "by_due", "by_mark", "code", "back"] {
      for var query in shapes(of: index, plan) where query.after == nil {
        query.limit = 7
        #expect(try await everything(query, in: store) == model(query, rows, plan), "\(query)")
      }
    }
    await engine.close()
  }

  private func everything(_ query: RecordQuery, in store: SQLiteRecordStore) async throws -> [Row] {
    var query = query
    var found: [Row] = []
    repeat {
      let page = try await store.query(query)
      found += page.rows.map(\.row)
      query.after = page.next
    } while query.after != nil
    return found
  }

  private func model(_ query: RecordQuery, _ rows: [Row], _ plan: TablePlan) -> [Row] {
    let columns = plan.order(query.index)?.columns.whole.map(\.column.name) ?? []
    func place(_ row: Row) -> [RecordValue] { columns.map { value($0, row) } }
    let matching = rows.filter { row in
      let values = place(row)
      if query.index == "live", values[0] == .null { return false }
      guard values.prefix(query.prefix.count).elementsEqual(query.prefix) else { return false }
      guard query.lower != nil || query.upper != nil else { return true }
      let value = values[query.prefix.count]
      return value != .null && holds(query.lower, value, <) && holds(query.upper, value, >)
    }
    let sorted = matching.sorted { place($0).lexicographicallyPrecedes(place($1)) }
    return query.isDescending ? sorted.reversed() : sorted
  }

  private func holds(
    _ bound: RecordQuery.Bound?, _ value: RecordValue,
    _ isBefore: (RecordValue, RecordValue) -> Bool
  ) -> Bool {
    switch bound {
    case nil: true
    case .including(let end): value == end || isBefore(end, value)
    case .excluding(let end): isBefore(end, value)
    }
  }

  private func value(_ column: String, _ row: Row) -> RecordValue {
    let declaration = TableDeclaration.sample
    if let place = declaration.key.firstIndex(where: { $0.name == column }) {
      return row.key[place]
    }
    return declaration.columns.firstIndex { $0.name == column }.map { row.columns[$0] } ?? .null
  }

  /// Prefixes, bounds, directions and cursors in every combination.
  private func shapes(of index: String?, _ plan: TablePlan) -> [RecordQuery] {
    let order = plan.order(index)?.columns
    let whole = order?.whole ?? []
    let samples = whole.map { sample($0.column) }
    var shapes: [RecordQuery] = []
    for prefix in 0..<whole.count {
      let value = samples[prefix]
      for (lower, upper) in bounds(value) {
        for isDescending in [false, true] {
          let query = RecordQuery(
            table: "sample", index: index, prefix: [RecordValue](samples.prefix(prefix)),
            lower: lower, upper: upper, isDescending: isDescending, limit: 10)
          shapes.append(query)
          var paged = query
          paged.after = RecordCursor(
            values: samples.prefix(order?.declared.count ?? 0) + [.text("a"), .integer(3)])
          shapes.append(paged)
        }
      }
    }
    return shapes
  }

  private func bounds(
    _ value: RecordValue
  ) -> [(RecordQuery.Bound?, RecordQuery.Bound?)] {
    [
      (nil, nil), (.including(value), nil), (.excluding(value), nil), (nil, .including(value)),
      (nil, .excluding(value)), (.including(value), .including(value)),
    ]
  }

  private func sample(_ column: TableDeclaration.Column) -> RecordValue {
    switch (column.name, column.type) {
    case ("space", _): .text("b")
    case ("code", _): .text("c40")
    case (_, .integer): .integer(5)
    case (_, .text): .text("y")
    case (_, .bytes): .bytes([0])
    }
  }
}

/// A small reproducible stream of choices.
struct Draws {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func pick<Value>(_ values: [Value]) -> Value {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return values[Int(state >> 33) % values.count]
  }
}
