import Domain
import Ports
import TestSupport
import Testing

@testable import PostgreSQLAdapter

@Suite struct QueryPlanTests {
  /// Goal: no shape of query sorts, or reads what it does not give.
  /// Method: ask the server for its plan of every shape.
  @Test func `every shape of query reads along its index`() async throws {
    let tables = RecordStoreContract.tables
    let database = try await TestDatabase(tables)
    let declaration = RecordStoreContract.itemTable
    let plan = TablePlan(declaration)
    for index in [nil] + declaration.indexes.map(\.name) {
      for query in try shapes(of: index, plan) {
        let made = try QueryPlan(query, plan)
        let steps = try await explained(made, in: database)
        let name = index.map { "\(declaration.name).\($0)" } ?? "\(declaration.name)_pkey"
        #expect(
          steps.contains { $0.contains("Index") && $0.contains("Scan") && $0.contains(name) },
          "\(made.sql): \(steps)")
        for step in steps {
          #expect(!step.contains("Sort") && !step.contains("Seq Scan"), "\(made.sql): \(step)")
        }
      }
    }
    await database.close()
  }

  /// Goal: rows are found, and so locked, one by one in the order in which a batch names them.
  /// Method: ask for the plans while the table is empty, when it is full of rows that have half of
  /// their key in common, and when the server knows that.
  @Test func `every statement of a batch goes through its rows and finds each by its key`()
    async throws
  {
    let tables = RecordStoreContract.tables
    let database = try await TestDatabase(tables)
    let declaration = RecordStoreContract.itemTable
    let plan = TablePlan(declaration)
    let sql = TableSQL(declaration)
    let statements = [
      sql.lock("FOR NO KEY UPDATE OF t"), sql.lock("FOR SHARE OF t"), sql.update, sql.delete,
      sql.get,
    ]
    let fill = """
      INSERT INTO \(plan.name) SELECT 's', 'a' || n, 'new', n, 'u' || n, ''::bytea, 1, ''::bytea \
      FROM generate_series(1, 20000) AS n
      """
    for preparation in ["SELECT 1::bigint", fill, "ANALYZE \(plan.name)"] {
      _ = try await database.pool.run([ServerCall(PreparedText(preparation))]).get()
      for text in statements {
        let steps = try await generic(text, in: database)
        let places = steps.indices.filter { steps[$0].contains("Function Scan on w") }
        #expect(!places.isEmpty, "\(steps)")
        for place in places {
          let around = steps[max(place - 1, 0)..<min(place + 3, steps.count)].map(\.self)
          try #require(around.count == 4, "\(steps)")
          #expect(around[0].contains("Nested Loop"), "\(steps)")
          #expect(around[2].contains("Index Scan using \(declaration.name)_pkey"), "\(steps)")
          #expect(around[3].contains("Index Cond"), "\(steps)")
          for column in declaration.key {
            #expect(around[3].contains("\(column.name) = (w"), "\(steps)")
          }
        }
      }
    }
    await database.close()
  }

  /// The plan of a statement before its values are known.
  private func generic(_ sql: String, in database: TestDatabase) async throws -> [String] {
    let count = (1...30).last { sql.contains("$\($0)::") } ?? 0
    let name = "q\(UInt32(truncatingIfNeeded: sql.hashValue))"
    let nothing = [String](repeating: "NULL", count: count).joined(separator: ", ")
    var found: [String] = []
    for text in ["PREPARE \(name) AS \(sql)", "EXPLAIN EXECUTE \(name)(\(nothing))"] {
      found = try await database.pool.texts(text)
    }
    _ = try await database.pool.texts("DEALLOCATE \(name)")
    return found
  }

  private func explained(_ plan: QueryPlan, in database: TestDatabase) async throws -> [String] {
    let call = ServerCall(PreparedText("EXPLAIN " + plan.sql), plan.parameters)
    let answers = try await database.pool.run([call]).get()
    let answer = try #require(answers.first)
    return (0..<answer.rowCount).map { answer.text($0, 0) }
  }

  /// With every prefix and ranges behind it, from both ends, from the beginning and a cursor.
  private func shapes(of index: String?, _ plan: TablePlan) throws -> [RecordQuery] {
    let order = try #require(plan.order(index))
    let row = Row(
      key: [.text("s"), .text("a")],
      columns: [.text("new"), .integer(3), .text("c"), .bytes([1])])
    var queries: [RecordQuery] = []
    for count in 0..<order.whole.count {
      let prefix = order.whole.prefix(count).map { value(of: $0.column, in: row, plan) }
      let next = value(of: order.whole[count].column, in: row, plan)
      let ranges: [(RecordQuery.Bound?, RecordQuery.Bound?)] = [
        (nil, nil), (.including(next), nil), (nil, .excluding(next)),
      ]
      for isDescending in [false, true] {
        for bounds in ranges {
          var query = RecordQuery(
            table: plan.declaration.name, index: index, prefix: prefix, lower: bounds.0,
            upper: bounds.1, isDescending: isDescending, limit: 10)
          queries.append(query)
          query.after = try QueryPlan(query, plan).cursor(after: row)
          queries.append(query)
        }
      }
    }
    return queries
  }

  private func value(
    of column: TableDeclaration.Column, in row: Row, _ plan: TablePlan
  ) -> RecordValue {
    let all = plan.declaration.key + plan.declaration.columns
    let place = all.firstIndex { $0.name == column.name } ?? 0
    return (row.key + row.columns)[place]
  }
}
