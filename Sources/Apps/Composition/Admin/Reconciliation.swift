internal import ArtifactService
public import Domain
internal import MetadataService
internal import Ports
internal import PostgreSQLAdapter
internal import SchedulerService
internal import ServiceKit
internal import SystemAdapter
internal import WorkflowService

/// Compares the stores of an installation with each other and mends what restoring them from
/// different moments has left. The records in the database count; everything else follows them.
public struct Reconciliation: Sendable {
  /// Something that two stores say differently.
  public struct Finding: Hashable, Sendable {
    /// A word for what it is, the same in every version.
    public var kind: String
    /// Whether a repair would do something about it.
    public var isOpen: Bool
    public var isMended: Bool
    /// Whether it cannot come from different moments.
    public var isUnexplained: Bool
    /// A run, an attempt, an artifact, or the key of an object.
    public var subject: String
    public var detail: String
  }

  /// What may be done about what is found.
  public struct Permissions: Hashable, Sendable {
    public var repairs: Bool
    public var deletesObjects: Bool
    public var forgetsLostArtifacts: Bool

    public init(repairs: Bool, deletesObjects: Bool, forgetsLostArtifacts: Bool) {
      self.repairs = repairs
      self.deletesObjects = deletesObjects
      self.forgetsLostArtifacts = forgetsLostArtifacts
    }
  }

  private let configuration: ServeConfiguration
  private let permissions: Permissions

  /// - Parameters:
  ///   - database: of a role that may read and write the schemas of all services.
  ///   - mongoDB: nil for history in files below `data`.
  ///   - s3: nil for objects in files below `data`.
  ///   - data: nil where nothing is kept in files; what is nowhere is not compared.
  public init(
    database: String, mongoDB: String?, s3: ServeConfiguration.S3?, data: String?,
    retention: RetentionRules, _ permissions: Permissions
  ) {
    var configuration = ServeConfiguration(services: [.metadata, .artifact])
    configuration.database = database
    configuration.mongoDB = mongoDB
    configuration.s3 = s3
    configuration.dataDirectory = data
    configuration.retention = retention
    self.configuration = configuration
    self.permissions = permissions
  }

  /// - Parameter tell: is told of each difference as it is found, after it was mended or not.
  /// - Throws: what a store fails with; what was mended before stays so.
  public func run(_ tell: @escaping @Sendable (Finding) async -> Void) async throws(StartFailure) {
    let runtime = try Runtime.administration()
    defer { runtime.stop() }
    let history = try await ServeArchive.open(configuration, runtime)
    let objects: ServeObjects?
    do throws(StartFailure) {
      objects = try ServeObjects.open(configuration, runtime)
    } catch {
      await history?.close()
      throw error
    }
    var pools: [ServiceName: SessionPool] = [:]
    for service in [ServiceName.scheduler, .workflow, .artifact] {
      pools[service] = SessionPool(
        ServeStorage.database(configuration, service), on: runtime.loop, time: runtime.time,
        randomness: runtime.randomness, telemetry: runtime.metrics)
    }
    let result: Result<Void, any Error>
    do {
      try await compare(runtime, pools, history, objects, tell)
      result = .success(())
    } catch { result = .failure(error) }
    for pool in pools.values { await pool.close() }
    await objects?.close()
    await history?.close()
    do { try result.get() } catch { throw StartFailure(reconciling: error) }
  }

  private func compare(
    _ runtime: Runtime, _ pools: [ServiceName: SessionPool], _ history: ServeArchive?,
    _ objects: ServeObjects?, _ tell: @escaping @Sendable (Finding) async -> Void
  ) async throws {
    let repairs = Repairs(
      isOn: permissions.repairs, deletesObjects: permissions.deletesObjects,
      forgetsLostArtifacts: permissions.forgetsLostArtifacts)
    let report = { @Sendable (difference: Difference) async in await tell(Finding(difference)) }
    func store(_ service: ServiceName) async throws -> PostgreSQLRecordStore? {
      guard let pool = pools[service] else { return nil }
      try await SchemaAdministration.migrator(pool, service).check()
      return try PostgreSQLRecordStore(
        pool, tables: ServeStorage.tables(of: service), randomness: runtime.randomness)
    }
    if let archive = history?.archive, let runs = try await store(.scheduler),
      let requests = try await store(.workflow)
    {
      let requested = RequestedRuns(requests)
      try await HistoryReconciler(
        archive, StoredRunLedger(runs), retention: configuration.retention, repairs: repairs,
        requested: { runs in try await requested.known(runs) }
      ).run(at: runtime.time.now(), report)
    }
    if let objects = objects?.store, let artifacts = try await store(.artifact) {
      try await ContentReconciler(artifacts, objects, time: runtime.time, repairs: repairs)
        .run(report)
    }
  }
}

extension Reconciliation.Finding {
  fileprivate init(_ difference: Difference) {
    self.init(
      kind: difference.kind.rawValue, isOpen: difference.standing == .open,
      isMended: difference.standing == .mended,
      isUnexplained: difference.standing == .unexplained, subject: difference.subject,
      detail: difference.detail)
  }
}

extension StartFailure {
  /// Why the comparison was not finished.
  fileprivate init(reconciling error: any Error) {
    switch error {
    case let error as ArchiveError: self.init(archive: error)
    case let error as ObjectError:
      self.init(
        "the object store cannot be used: \(error)",
        hint: "check --s3, and that the server runs; what was mended stays so")
    default: self.init(opening: error)
    }
  }
}
