internal import ArchiveAdapter
internal import Domain
internal import Glibc
internal import MetadataService
internal import Ports
internal import SQLiteAdapter
internal import SchedulerService
internal import WorkflowService

/// The stores of `dev`: one embedded database for records, topics and history.
struct DevStorage: Sendable {
  let engine: SQLiteEngine
  let store: SQLiteRecordStore
  let bus: SQLiteBus
  let archive: EmbeddedJobArchive
  /// For work directories of tasks.
  let workDirectory: String
  /// Whether the work directory is this process's own and goes with it.
  private let isTemporary: Bool

  static let topics: [TopicDeclaration] = [
    .topic("workflow.started"), .topic("workflow.completed"), .topic("task.completed"),
    .topic("task.failed"), .topic("task.logs"), .topic("run.commands"),
    .topic("metadata.dead-letters"), .family(prefix: "task.scheduled."),
  ]

  static func open(
    _ configuration: DevConfiguration, time: any Time, randomness: any Randomness
  ) async throws(DevFailure) -> DevStorage {
    do throws(SQLiteOpenError) {
      let place = configuration.dataDirectory.map { SQLiteConfiguration.Place.directory($0) }
      let engine = try await SQLiteEngine.open(SQLiteConfiguration(place ?? .memory))
      let store = try await SQLiteRecordStore.open(
        engine,
        tables: WorkflowTables.declarations + SchedulerTables.declarations
          + EmbeddedJobArchive.tables, randomness: randomness)
      let bus = try await SQLiteBus.open(
        engine, SQLiteBusConfiguration(topics: topics), time: time, randomness: randomness)
      let isTemporary = configuration.dataDirectory == nil
      return DevStorage(
        engine: engine, store: store, bus: bus,
        archive: EmbeddedJobArchive(store, time: time),
        workDirectory: configuration.dataDirectory.map { $0 + "/work" }
          ?? "/tmp/millrace-\(getuid())-\(getpid())", isTemporary: isTemporary)
    } catch {
      throw DevFailure(error)
    }
  }

  func close() async {
    await engine.close()
    if isTemporary { rmdir(workDirectory) }
  }
}

extension DevFailure {
  init(_ error: SQLiteOpenError) {
    switch error {
    case .locked(let what):
      self.init(what, hint: "stop the other process, or choose another --data folder")
    case .unusable(let what):
      self.init(what, hint: "check the folder's permissions and the room on its disk")
    case .damaged(let what):
      self.init(
        what, hint: "restore the folder from a backup, or choose another --data folder")
    case .newerFormat(let what):
      self.init(what, hint: "run the newer version of millrace, or choose another --data folder")
    case .mismatch(let what):
      self.init(what, hint: "the folder is of another version; choose another --data folder")
    }
  }
}
