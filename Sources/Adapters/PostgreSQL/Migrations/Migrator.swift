internal import Domain
public import Ports

/// Brings the schema of one service to the state that its program needs.
///
/// Each step is one transaction, its note in the table `schema_migration` included: one that was
/// cut off was not done, and the next run goes on with it. Runs at the same time wait for each
/// other.
public struct Migrator: Sendable {
  private let pool: SessionPool
  private let migrations: [Migration]
  private let schema: String

  /// - Parameter pool: of a role that may make tables, with the patience of
  ///   `PostgreSQLConfiguration.forMigrations`.
  /// - Throws: `.refused` when a step is missing or there twice.
  public init(_ pool: SessionPool, _ migrations: [Migration]) throws(StoreError) {
    self.pool = pool
    schema = TablePlan.quoted(pool.configuration.schema)
    self.migrations = migrations.sorted { $0.number < $1.number }
    for (place, migration) in self.migrations.enumerated() where migration.number != place + 1 {
      throw .refused(
        "the steps are numbered from 1 on, each once: there is \(migration.number) in place of "
          + "\(place + 1)")
    }
  }

  /// The steps that are to be done. Changes nothing.
  ///
  /// - Throws: `.refused` when the schema is newer than the program, or a step that was done had
  ///   another text.
  public func plan() async throws(StoreError) -> [Migration] {
    let known = try await perform([
      ServerCall(
        PreparedText("SELECT (to_regclass($1::text) IS NOT NULL)::int::bigint"),
        [Parameter("\(schema).schema_migration")])
    ])
    let isThere = known.first.map { $0.rowCount == 1 && $0.integer(0, 0) == 1 } ?? false
    return isThere ? try await missing() : migrations
  }

  private func missing() async throws(StoreError) -> [Migration] {
    let done = try await done()
    guard done.count <= migrations.count else {
      throw .refused(
        "the schema \(schema) has \(done.count) steps and this program knows "
          + "\(migrations.count): it is older than the schema; use the version that made it, or "
          + "a later one")
    }
    for (migration, done) in zip(migrations, done) where !done.isSame {
      throw .refused(
        "step \(migration.number) of \(schema) was done as '\(done.name)' with another text than "
          + "'\(migration.name)' has now: a step that was done never changes")
    }
    return Array(migrations.dropFirst(done.count))
  }

  /// Returns when the schema is the one that the program needs. Changes nothing: for a role that
  /// may not make tables.
  ///
  /// - Throws: `.refused` when steps are missing, or as `plan` does.
  public func check() async throws(StoreError) {
    let missing = try await plan()
    guard missing.isEmpty else {
      throw .refused(
        "the schema \(schema) lacks \(missing.count) of \(migrations.count) steps; run millrace "
          + "admin migrate")
    }
  }

  /// Lets a role use what the steps have made, and change nothing of it.
  public func grant(to role: String) async throws(StoreError) {
    let role = TablePlan.quoted(role)
    try await perform(
      [
        "GRANT USAGE ON SCHEMA \(schema) TO \(role)",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \(schema) TO \(role)",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA \(schema) TO \(role)",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA \(schema) TO \(role)",
        // What was done is written by whoever migrates, and by nobody else.
        "REVOKE INSERT, UPDATE, DELETE ON \(schema).schema_migration FROM \(role)",
      ].map { ServerCall(PreparedText($0)) })
  }

  /// Does what is to be done, one step after the other.
  ///
  /// - Parameter tell: called after each step.
  /// - Throws: `.refused` when the server refuses a statement, naming the step; nothing of that
  ///   step is done then.
  public func run(_ tell: @Sendable (Migration) -> Void = { _ in }) async throws(StoreError) {
    do throws(StoreError) {
      try await prepare()
    } catch {
      // Two that make the same at once are in each other's way, whatever `IF NOT EXISTS` says.
      if case .unavailable = error { throw error }
      try await prepare()
    }
    for migration in try await missing() {
      if try await apply(migration) { tell(migration) }
    }
  }

  // MARK: Steps

  private struct Done {
    var name: String
    var isSame: Bool
  }

  private func done() async throws(StoreError) -> [Done] {
    let answers = try await perform([
      ServerCall(
        PreparedText(
          """
          SELECT d.name, (d.text = w.text)::int::bigint FROM \(schema).schema_migration AS d \
          LEFT JOIN unnest($1::text[]) WITH ORDINALITY AS w(text, number) USING (number) \
          ORDER BY number
          """), [Parameter(array: migrations.map { .text($0.text) }, .text)])
    ])
    guard let answer = answers.first else { return [] }
    return (0..<answer.rowCount).map { row in
      Done(name: answer.text(row, 0), isSame: answer.integer(row, 1) == 1)
    }
  }

  private func prepare() async throws(StoreError) {
    try await perform([
      ServerCall(PreparedText("CREATE SCHEMA IF NOT EXISTS \(schema)")),
      ServerCall(
        PreparedText(
          """
          CREATE TABLE IF NOT EXISTS \(schema).schema_migration (number bigint PRIMARY KEY, \
          name text NOT NULL, text text NOT NULL, done_at timestamptz NOT NULL DEFAULT now())
          """)),
    ])
  }

  /// - Returns: false when another run has done it meanwhile.
  private func apply(_ migration: Migration) async throws(StoreError) -> Bool {
    let note = ServerCall(
      PreparedText(
        """
        INSERT INTO \(schema).schema_migration (number, name, text) \
        VALUES ($1::bigint, $2::text, $3::text)
        """),
      [Parameter(Int64(migration.number)), Parameter(migration.name), Parameter(migration.text)])
    // The note comes first: whoever does the same waits for it, and then finds that it is done.
    let steps = migration.statements.map { ServerCall(PreparedText(Migrator.executing($0))) }
    switch await pool.run([note] + steps, isWrite: true) {
    case .success: return true
    case .failure(.refused(.uniqueViolation, _, let constraint))
    where constraint == "schema_migration_pkey":
      return false
    case .failure(let failure):
      guard case .refused = failure else { throw StoreError(failure, isWrite: true) }
      throw .refused("step \(migration.number), \(migration.name): \(failure.message)")
    }
  }

  /// A statement is read when it is sent, before those in front of it have happened: within a block
  /// it is not looked at until then.
  private static func executing(_ statement: String) -> String {
    "DO $migration$ BEGIN EXECUTE $statement$\(statement)$statement$; END $migration$"
  }

  @discardableResult
  private func perform(_ calls: [ServerCall]) async throws(StoreError) -> [ServerAnswer] {
    switch await pool.run(calls, isWrite: true) {
    case .success(let answers): return answers
    case .failure(let failure): throw StoreError(failure, isWrite: true)
    }
  }
}
