internal import Domain
internal import Ports
internal import PostgreSQLAdapter
internal import SystemAdapter

/// Brings the schemas of services to what this program needs.
public struct SchemaAdministration: Sendable {
  /// A step of a schema.
  public struct Step: Hashable, Sendable {
    public var service: ServiceName
    public var number: Int
    public var name: String
  }

  private let database: String
  private let services: [ServiceName]

  /// - Parameter database: of a role that may make schemas and tables.
  public init(database: String, services: [ServiceName]) {
    self.database = database
    self.services = services.filter(\.hasSchema)
  }

  /// What is to be done.
  public func plan() async throws(StartFailure) -> [Step] {
    try await withMigrators { service, migrator in
      try await migrator.plan().map { Step(service: service, number: $0.number, name: $0.name) }
    }
  }

  /// Does what is to be done. Each step is a transaction; concurrent runs wait for each other.
  ///
  /// - Parameters:
  ///   - role: who may use the tables and change nothing of them; `{service}` in it stands for the
  ///     name of each service. Nil gives nobody anything.
  ///   - tell: called after each step.
  public func migrate(
    grantingTo role: String?, _ tell: @escaping @Sendable (Step) -> Void
  ) async throws(StartFailure) {
    _ = try await withMigrators { service, migrator in
      try await migrator.run { tell(Step(service: service, number: $0.number, name: $0.name)) }
      if let role {
        try await migrator.grant(
          to: role.split(separator: "{service}", omittingEmptySubsequences: false)
            .joined(separator: service.rawValue))
      }
      return []
    }
  }

  static func migrator(_ pool: SessionPool, _ service: ServiceName) throws(StoreError) -> Migrator {
    try Migrator(
      pool,
      PublishedInfrastructure.migrations.filter { $0.service == service.rawValue }.compactMap {
        Migration(file: $0.file, text: $0.text)
      })
  }

  private func withMigrators(
    _ body: @escaping @Sendable (ServiceName, Migrator) async throws -> [Step]
  ) async throws(StartFailure) -> [Step] {
    let runtime = try Runtime.administration()
    defer { runtime.stop() }
    var steps: [Step] = []
    for service in services {
      let configuration = PostgreSQLConfiguration(
        connection: database, schema: service.rawValue)
      let pool = SessionPool(
        configuration.forMigrations, on: runtime.loop, time: runtime.time,
        randomness: runtime.randomness, telemetry: runtime.metrics)
      do {
        steps += try await body(service, try SchemaAdministration.migrator(pool, service))
      } catch {
        await pool.close()
        throw StartFailure(opening: error)
      }
      await pool.close()
    }
    return steps
  }
}
