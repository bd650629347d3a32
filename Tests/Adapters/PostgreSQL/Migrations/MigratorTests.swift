import Domain
import Ports
import Synchronization
import TestSupport
import Testing

@testable import PostgreSQLAdapter

@Suite struct MigratorTests {
  private static let first = Migration(
    number: 1, name: "initial",
    text: """
      -- What everybody needs.
      CREATE TABLE thing (id bigint PRIMARY KEY);

      CREATE FUNCTION twice(n bigint) RETURNS bigint LANGUAGE plpgsql AS $$
      BEGIN
        RETURN n;
        RETURN n;
      END $$;

      INSERT INTO thing SELECT twice(7);
      """)
  private static let second = Migration(
    number: 2, name: "names",
    text: "ALTER TABLE thing ADD COLUMN name text;\n\nUPDATE thing SET name = 'a';\n")

  private func counted(_ database: TestDatabase, _ sql: String) async throws -> Int64 {
    let answers = try await database.pool.run([ServerCall(PreparedText(sql))]).get()
    return try #require(answers.first).integer(0, 0)
  }

  @Test func `steps are done once, each in its turn`() async throws {
    let database = try await TestDatabase([])
    let names = Names()
    let early = try Migrator(database.pool, [Self.first])
    #expect(try await early.plan() == [Self.first])
    try await early.run { names.add($0.name) }
    let late = try Migrator(database.pool, [Self.second, Self.first])
    #expect(try await late.plan() == [Self.second])
    try await late.run { names.add($0.name) }
    try await late.run { names.add($0.name) }
    #expect(names.all == ["initial", "names"])
    #expect(
      try await counted(database, "SELECT count(*) FROM thing WHERE id = 7 AND name = 'a'") == 1)
    await database.close()
  }

  @Test func `a plan changes nothing`() async throws {
    let database = try await TestDatabase([])
    let migrator = try Migrator(database.pool, [Self.first])
    #expect(try await migrator.plan() == [Self.first])
    let made = """
      SELECT count(*) FROM pg_tables \
      WHERE schemaname = '\(database.schema)' AND tablename = 'schema_migration'
      """
    #expect(try await counted(database, made) == 0)
    await database.close()
  }

  /// Goal: whoever migrates learns at once that there is no server, and what is wrong with it,
  /// though statements may take minutes.
  @Test func `a database that cannot be reached is said to be so, and why`() async throws {
    var configuration = PostgreSQLConfiguration(
      connection: "postgresql://millrace@127.0.0.1:1/postgres", schema: "s"
    ).forMigrations
    #expect(configuration.reachWithin < configuration.answerWithin / 10)
    configuration.reachWithin = .milliseconds(300)
    let pool = TestDatabase.pool(configuration)
    let migrator = try Migrator(pool, [Self.first])
    for body in [{ _ = try await migrator.plan() }, { try await migrator.run() }] {
      await #expect {
        try await body()
      } throws: { error in
        guard case .unavailable(let why)? = error as? StoreError else { return false }
        return why.contains("no connection to the database") && why.contains("Connection refused")
      }
    }
    await pool.close()
  }

  /// Goal: a service starts on the schema that it needs and on no other, and cannot change it.
  @Test func `a role that was granted the tables uses them and changes none of them`() async throws
  {
    let database = try await TestDatabase([])
    let role = database.schema + "_role"
    var configuration = database.pool.configuration
    configuration.connection = configuration.connection.replacing("millrace@", with: "\(role)@")
    let pool = TestDatabase.pool(configuration)
    func run(_ sql: String, by pool: SessionPool) async -> ServerFailure? {
      if case .failure(let why) = await pool.run([ServerCall(PreparedText(sql))], isWrite: true) {
        why
      } else {
        nil
      }
    }
    #expect(await run("CREATE ROLE \(role) LOGIN", by: database.pool) == nil)
    let owner = try Migrator(database.pool, [Self.first])
    let service = try Migrator(pool, [Self.first])
    await #expect { try await owner.check() } throws: { "\($0)".contains("lacks 1 of 1 steps") }
    await #expect { try await service.check() } throws: { "\($0)".contains("permission denied") }
    try await owner.run()
    try await owner.grant(to: role)
    try await service.check()
    #expect(await run("INSERT INTO thing VALUES (8)", by: pool) == nil)
    for forbidden in [
      "CREATE TABLE other (id bigint)", "ALTER TABLE thing ADD COLUMN more text",
      "DROP TABLE thing", "DELETE FROM schema_migration",
    ] {
      let failure = await run(forbidden, by: pool)
      #expect(failure != nil, "\(forbidden) was carried out")
    }
    let later = try Migrator(pool, [Self.first, Self.second])
    await #expect { try await later.check() } throws: { "\($0)".contains("lacks 1 of 2 steps") }
    await pool.close()
    #expect(await run("DROP OWNED BY \(role)", by: database.pool) == nil)
    #expect(await run("DROP ROLE \(role)", by: database.pool) == nil)
    await database.close()
  }

  @Test func `a step that fails leaves nothing, and the next run goes on with it`() async throws {
    let database = try await TestDatabase([])
    var broken = Self.second
    broken.text += "\nSELECT nothing FROM nowhere;\n"
    let migrator = try Migrator(database.pool, [Self.first, broken])
    await #expect {
      try await migrator.run()
    } throws: { error in
      "\(error)".contains("step 2, names") && "\(error)".contains("nowhere")
    }
    #expect(
      try await counted(
        database,
        """
        SELECT count(*) FROM information_schema.columns WHERE table_name = 'thing' \
        AND table_schema = current_schema() AND column_name = 'name'
        """) == 0)
    try await Migrator(database.pool, [Self.first, Self.second]).run()
    #expect(try await counted(database, "SELECT count(name) FROM thing") == 1)
    await database.close()
  }

  @Test func `a newer schema and a step that was changed are refused`() async throws {
    let database = try await TestDatabase([])
    try await Migrator(database.pool, [Self.first, Self.second]).run()
    await #expect {
      try await Migrator(database.pool, [Self.first]).run()
    } throws: { error in
      "\(error)".contains("older than the schema")
    }
    var changed = Self.first
    changed.text += "\n"
    await #expect {
      try await Migrator(database.pool, [changed, Self.second]).plan()
    } throws: { error in
      "\(error)".contains("step 1")
    }
    #expect(throws: StoreError.self) { try Migrator(database.pool, [Self.second]) }
    await database.close()
  }

  @Test func `runs at the same time do everything once`() async throws {
    let database = try await TestDatabase([])
    let done = Names()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          try await Migrator(database.pool, [Self.first, Self.second]).run { done.add($0.name) }
        }
      }
      try await group.waitForAll()
    }
    #expect(done.all == ["initial", "names"])
    #expect(try await counted(database, "SELECT count(*) FROM thing") == 1)
    await database.close()
  }

  @Test func `files are named by a number and words`() {
    #expect(Migration(file: "0012-more-names.sql", text: "")?.number == 12)
    #expect(Migration(file: "0012-more-names.sql", text: "")?.name == "more-names")
    for name in ["12-names.sql", "0000-a.sql", "0001.sql", "0001-a.txt", "000a-b.sql"] {
      #expect(Migration(file: name, text: "") == nil)
    }
  }

  @Test func `statements end where a line ends and an empty one follows`() {
    #expect(Self.first.statements.count == 3)
    #expect(Self.first.statements[1].contains("RETURN n;\n"))
    #expect(Self.second.statements.count == 2)
  }
}

private final class Names: Sendable {
  private let names = Mutex<[String]>([])
  var all: [String] { names.withLock { $0 } }
  func add(_ name: String) { names.withLock { $0.append(name) } }
}
