internal import ArtifactService
internal import Domain
internal import IAMService
internal import KafkaAdapter
internal import NotificationService
internal import Ports
internal import PostgreSQLAdapter
internal import SQLiteAdapter
internal import SchedulerService
internal import ServiceKit
internal import SystemAdapter
internal import WorkflowService

/// What a process keeps its state in: schemas in PostgreSQL, the topics of Kafka, files.
struct ServeStorage: Sendable {
  let bus: KafkaBus
  let stores: [ServiceName: PostgreSQLRecordStore]
  let history: ServeArchive?
  let objects: ServeObjects?
  private let pools: [SessionPool]

  /// Opens everything that the services need, and looks at each schema: what is not there now may
  /// come later, what is wrong stays wrong.
  static func open(
    _ configuration: ServeConfiguration, _ runtime: Runtime
  ) async throws(StartFailure) -> ServeStorage {
    var pools: [SessionPool] = []
    var stores: [ServiceName: PostgreSQLRecordStore] = [:]
    do {
      for service in configuration.services where service.hasSchema {
        let pool = SessionPool(
          database(configuration, service), on: runtime.loop, time: runtime.time,
          randomness: runtime.randomness, telemetry: runtime.metrics)
        pools.append(pool)
        try await SchemaAdministration.migrator(pool, service).check()
        stores[service] = try PostgreSQLRecordStore(
          pool, tables: tables(of: service), randomness: runtime.randomness)
      }
      let bus = try await KafkaBus.open(
        broker(configuration), on: runtime.loop, time: runtime.time,
        randomness: runtime.randomness, telemetry: runtime.metrics)
      return ServeStorage(
        bus: bus, stores: stores, history: try await ServeArchive.open(configuration, runtime),
        objects: try ServeObjects.open(configuration, runtime), pools: pools)
    } catch {
      for pool in pools { await pool.close() }
      throw StartFailure(opening: error)
    }
  }

  /// What the process cannot work without.
  var checks: [HealthWatch.Check] {
    let (bus, pools) = (bus, pools)
    // The last of its partitions: there may be too few as well.
    let places = PlatformTopics.declarations.compactMap { declaration -> TopicPartition? in
      guard case .topic(let name) = declaration else { return nil }
      return TopicPartition(name, Partitioning.partitionsPerTopic - 1)
    }
    let broker = HealthWatch.Check("broker") {
      do throws(BusError) {
        _ = try await bus.bounds(Array(places.prefix(1)))
        return nil
      } catch {
        return "\(error)"
      }
    }
    let database = HealthWatch.Check("database") {
      for pool in pools { if let fault = await pool.fault() { return fault } }
      return nil
    }
    let shared = [history?.check, objects?.check].compactMap(\.self)
    return [broker] + (pools.isEmpty ? [] : [database]) + shared
  }

  func close() async {
    await bus.close()
    for pool in pools { await pool.close() }
    await objects?.close()
    await history?.close()
  }

  static func tables(of service: ServiceName) -> [TableDeclaration] {
    switch service {
    case .iam: IAMTables.declarations
    case .workflow: WorkflowTables.declarations
    case .scheduler: SchedulerTables.declarations
    case .notification: NotificationTables.declarations
    case .artifact: ArtifactTables.declarations
    case .worker, .metadata: []
    }
  }

  static func database(
    _ configuration: ServeConfiguration, _ service: ServiceName
  ) -> PostgreSQLConfiguration {
    var database = PostgreSQLConfiguration(
      connection: configuration.database ?? "", schema: service.rawValue)
    database.connectionsMax = configuration.databaseConnectionsMax
    return database
  }

  static func broker(_ configuration: ServeConfiguration) -> KafkaConfiguration {
    let services = configuration.services.map(\.rawValue).joined(separator: "-")
    var broker = KafkaConfiguration(
      brokers: configuration.brokers ?? "",
      clientName: "millrace.\(services).\(configuration.name)", topics: PlatformTopics.all)
    broker.settings = configuration.brokerSettings
    return broker
  }
}

extension StartFailure {
  /// Why something that the process keeps its state in cannot be used.
  init(opening error: any Error) {
    switch error {
    case let failure as StartFailure: self = failure
    case let error as SQLiteOpenError: self.init(error)
    case StoreError.refused(let why):
      self.init("the database refuses: \(why)", hint: "mend what it says and start again")
    case StoreError.unavailable(let why):
      self.init(
        "the database cannot be used: \(why)",
        hint: "check --database, and that the server runs and lets this role in")
    case let error as StoreError:
      self.init(
        "the database cannot be used: \(error)",
        hint: "check --database, and that the server runs and lets this role in")
    case let error as BusError:
      self.init("the brokers' client cannot be made: \(error)", hint: "check --kafka-settings")
    default: self.init("the store cannot be opened: \(error)", hint: "see the messages above")
    }
  }
}
