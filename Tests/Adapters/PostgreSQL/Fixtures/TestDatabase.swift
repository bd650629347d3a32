import Domain
import Glibc
import Ports
import Synchronization
import SystemAdapter
import TestSupport
import Testing

@testable import PostgreSQLAdapter

/// A schema of its own on the throw-away server that `scripts/test.sh` starts.
struct TestDatabase {
  static let loop: EventLoop = {
    guard let loop = try? EventLoop(name: "pg-test") else {
      preconditionFailure("the system refused an event loop")
    }
    loop.start()
    return loop
  }()
  static let time = SystemTime(on: loop)

  let schema: String
  let pool: SessionPool

  /// - Throws: when there is no server: nothing is skipped silently.
  init(
    _ tables: [TableDeclaration], change: (inout PostgreSQLConfiguration) -> Void = { _ in }
  ) async throws {
    let connection = try #require(
      getenv("MILLRACE_POSTGRESQL").map { String(cString: $0) },
      "start a server by infra/local/postgresql.sh and name it by MILLRACE_POSTGRESQL")
    schema = "t_\(String(SystemRandomness().next(), radix: 16))"
    var configuration = PostgreSQLConfiguration(connection: connection, schema: schema)
    // A machine that is busy with all other tests may let a server stand still for seconds.
    configuration.lockWithin = .seconds(30)
    configuration.answerWithin = .seconds(60)
    change(&configuration)
    pool = TestDatabase.pool(configuration)
    let maker = TestDatabase.pool(configuration.forMigrations)
    for sql in ["CREATE SCHEMA \(schema)"] + SchemaSQL.statements(for: tables) {
      _ = try await maker.run([ServerCall(PreparedText(sql))], isWrite: true).get()
    }
    await maker.close()
  }

  static func pool(_ configuration: PostgreSQLConfiguration) -> SessionPool {
    SessionPool(
      configuration, on: loop, time: time, randomness: SystemRandomness(),
      telemetry: SilentTelemetry())
  }

  func store(_ tables: [TableDeclaration]) throws -> PostgreSQLRecordStore {
    try PostgreSQLRecordStore(pool, tables: tables, randomness: SystemRandomness())
  }

  func close() async { await pool.close() }
}

/// Numbers that are not asked for twice.
struct FixedRandomness: Randomness {
  func next() -> UInt64 { 1 }
}

/// Set once.
final class Flag: Sendable {
  private let state = Mutex(false)
  var isSet: Bool { state.withLock { $0 } }
  func set() { state.withLock { $0 = true } }
}
