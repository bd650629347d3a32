import ArtifactService
import Foundation
import IAMService
import NotificationService
import Ports
import PostgreSQLAdapter
import SchedulerService
import SystemAdapter
import TestSupport
import Testing
import WorkflowService

/// The reviewed files of `infra/postgres/migrations` against what the programs declare.
@Suite struct MigrationFilesTests {
  static let services: [(name: String, tables: [TableDeclaration])] = [
    ("artifact", ArtifactTables.declarations), ("iam", IAMTables.declarations),
    ("notification", NotificationTables.declarations),
    ("scheduler", SchedulerTables.declarations), ("workflow", WorkflowTables.declarations),
  ]

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "infra/postgres/migrations")

  private func migrations(of service: String) throws -> [Migration] {
    let folder = Self.folder.appending(path: service)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      return try #require(Migration(file: file, text: text), "\(service)/\(file)")
    }
  }

  /// Goal: no program starts on a schema that is not the one it declares.
  /// Method: a schema by the files, one by the declarations; the server describes both.
  @Test(arguments: services.map(\.name))
  func `the files make what the service declares`(service: String) async throws {
    let tables = try #require(Self.services.first { $0.name == service }).tables
    let loop = try EventLoop(name: "migrations")
    loop.start()
    let made = try TestSchema(on: loop)
    let declared = try TestSchema(on: loop)
    try await Migrator(made.pool, try migrations(of: service)).run()
    try await Migrator(
      declared.pool,
      [
        Migration(
          number: 1, name: "declared",
          text: SchemaSQL.statements(for: tables).map { $0 + ";\n" }.joined(separator: "\n"))
      ]
    ).run()
    let (one, other) = (try await made.description(), try await declared.description())
    #expect(one == other)
    #expect(one.count > tables.count * 3)
    await made.pool.close()
    await declared.pool.close()
    loop.stop()
  }
}

/// A schema of its own on the server that `scripts/test.sh` starts.
private struct TestSchema {
  let name = "m_\(String(SystemRandomness().next(), radix: 16))"
  let pool: SessionPool

  init(on loop: EventLoop) throws {
    let connection = try #require(
      ProcessInfo.processInfo.environment["MILLRACE_POSTGRESQL"],
      "start a server by infra/local/postgresql.sh and name it by MILLRACE_POSTGRESQL")
    pool = SessionPool(
      PostgreSQLConfiguration(connection: connection, schema: name).forMigrations, on: loop,
      time: SystemTime(on: loop), randomness: SystemRandomness(), telemetry: SilentTelemetry())
  }

  /// Columns, indexes and functions in the words of the server, sorted.
  func description() async throws -> [String] {
    try await pool.texts(
      """
      SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' \
      || a.attnotnull::text || ' ' || a.attidentity::text || ' ' \
      || coalesce(l.collname, '') AS line \
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
      LEFT JOIN pg_collation l ON l.oid = a.attcollation \
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' \
      AND a.attnum > 0 AND c.relname <> 'schema_migration' \
      UNION ALL \
      SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes \
      WHERE schemaname = current_schema() AND tablename <> 'schema_migration' \
      UNION ALL \
      SELECT replace(pg_get_functiondef(p.oid), current_schema() || '.', '') FROM pg_proc p \
      WHERE p.pronamespace = current_schema()::regnamespace ORDER BY line
      """)
  }
}
