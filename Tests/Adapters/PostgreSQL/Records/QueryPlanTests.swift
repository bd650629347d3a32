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
