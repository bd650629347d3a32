import Domain
import Glibc
import Ports
import TestSupport
import Testing

@testable import PostgreSQLAdapter

@Suite struct LostConnectionTests {
  private static let root = RecordStoreContract.rootTable

  private func insert(_ number: Int64) -> RecordBatch {
    RecordBatch(entries: [
      RecordBatch.Entry(table: Self.root.name, .insert(Row(key: [.integer(number)], body: [1])))
    ])
  }

  /// Goal: an unknown outcome is said, and settled to what is true for ever after.
  /// Method: many commits while the server ends all their connections again and again.
  @Test func `what was lost on its way is settled to what stays`() async throws {
    let database = try await TestDatabase([Self.root]) { $0.reconnectEvery = .milliseconds(2) }
    let store = try database.store([Self.root])
    var others = database.pool.configuration
    others.schema = "saboteur"
    let saboteur = TestDatabase.pool(others)
    let kill = ServerCall(
      PreparedText(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE application_name LIKE $1::text
        """
      ), [Parameter("millrace-\(database.schema)-%")])
    let isOver = Flag()
    let (unknown, acknowledged) = await withTaskGroup(of: [Int64: Bool].self) { group in
      group.addTask {
        while !isOver.isSet {
          _ = await saboteur.run([kill])
          try? await TestDatabase.time.sleep(for: .milliseconds(20))
        }
        return [:]
      }
      group.addTask {
        var outcomes: [Int64: Bool] = [:]
        var unknown = 0
        for number in 0..<20_000 as Range<Int64> where unknown < 8 {
          do throws(StoreError) {
            _ = try await store.commit(insert(number))
            outcomes[number] = true
          } catch {
            guard error == .outcomeUnknown else { continue }
            unknown += 1
            outcomes[number] = await settled(number, in: store) ?? false
          }
        }
        #expect(unknown == 8)
        isOver.set()
        return outcomes
      }
      var outcomes: [Int64: Bool] = [:]
      for await part in group { outcomes.merge(part) { one, _ in one } }
      return (outcomes.filter { !$0.value }.keys.sorted(), outcomes.filter(\.value).keys.sorted())
    }
    // Nothing that was settled changes any more.
    let rows = try await store.get(Self.root.name, acknowledged.map { [.integer($0)] })
    #expect(rows.allSatisfy { $0 != nil })
    let absent = try await store.get(Self.root.name, unknown.map { [.integer($0)] })
    #expect(absent.allSatisfy { $0 == nil })
    #expect(!acknowledged.isEmpty)
    await saboteur.close()
    await database.close()
  }

  /// Whether the row is there; asks until the answer is sure.
  private func settled(_ number: Int64, in store: PostgreSQLRecordStore) async -> Bool? {
    for _ in 0..<1_000 {
      if let rows = try? await store.settle(Self.root.name, [[.integer(number)]]) {
        return (rows.first ?? nil) != nil
      }
      try? await TestDatabase.time.sleep(for: .milliseconds(5))
    }
    return nil
  }

  /// Some of them fail while the connection is begun, before there is a socket.
  @Test(arguments: [
    ("postgresql://nobody@127.0.0.1:1/none", "refused"),
    ("postgresql://nobody@no-such-host.invalid/none", "no-such-host.invalid"),
    ("host=/no/such/folder dbname=none", "/no/such/folder"),
  ])
  func `a server that is not there is said so in time, and why`(
    _ connection: String, _ why: String
  ) async throws {
    var configuration = PostgreSQLConfiguration(connection: connection, schema: "none")
    configuration.answerWithin = .milliseconds(300)
    let pool = TestDatabase.pool(configuration)
    let store = try PostgreSQLRecordStore(
      pool, tables: [Self.root], randomness: FixedRandomness())
    func says(_ error: any Error) -> Bool {
      guard case .unavailable(let text)? = error as? StoreError else { return false }
      return text.hasPrefix("there is no connection to the database: ") && text.contains(why)
    }
    await #expect {
      try await store.get(Self.root.name, [[.integer(1)]])
    } throws: { says($0) }
    await #expect {
      try await store.commit(insert(1))
    } throws: { says($0) }
    await pool.close()
  }

  /// Method: the process of the server stands still before a statement is planned for the first
  /// time, which is an exchange that nobody waits for.
  @Test func `a server that stands still is given up in time`() async throws {
    let database = try await TestDatabase([])
    var configuration = database.pool.configuration
    configuration.answerWithin = .seconds(2)
    configuration.connectionsMax = 1
    let pool = TestDatabase.pool(configuration)
    let answers = try await pool.run([
      ServerCall(PreparedText("SELECT pg_backend_pid()::bigint"))
    ]).get()
    let process = pid_t(try #require(answers.first).integer(0, 0))
    kill(process, SIGSTOP)
    let outcome = await pool.run([ServerCall(PreparedText("SELECT 1::bigint"))])
    kill(process, SIGCONT)
    let failure: ServerFailure? = if case .failure(let why) = outcome { why } else { nil }
    #expect(failure == .lost("the server does not answer in time"))
    await pool.close()
    await database.close()
  }

  @Test func `a schema without the tables asks for the migration`() async throws {
    let database = try await TestDatabase([])
    let store = try database.store([Self.root])
    await #expect {
      try await store.get(Self.root.name, [[.integer(1)]])
    } throws: { error in
      "\(error)".contains("millrace admin migrate")
    }
    await database.close()
  }
}
