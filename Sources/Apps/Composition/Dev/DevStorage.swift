internal import ArchiveAdapter
internal import ArtifactService
internal import Domain
internal import FilesAdapter
internal import Glibc
internal import IAMService
internal import MetadataService
internal import NotificationService
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
  /// Contents of artifacts.
  let objects: FolderObjectStore
  /// For work directories of tasks.
  let workDirectory: String
  /// Whether the work directory is this process's own and goes with it.
  private let isTemporary: Bool

  static func open(
    _ configuration: DevConfiguration, time: any Time, randomness: any Randomness
  ) async throws(StartFailure) -> DevStorage {
    do {
      let place = configuration.dataDirectory.map { SQLiteConfiguration.Place.directory($0) }
      let engine = try await SQLiteEngine.open(SQLiteConfiguration(place ?? .memory))
      let store = try await SQLiteRecordStore.open(
        engine,
        tables: WorkflowTables.declarations + SchedulerTables.declarations
          + EmbeddedJobArchive.tables + ArtifactTables.declarations + IAMTables.declarations
          + NotificationTables.declarations,
        randomness: randomness)
      let bus = try await SQLiteBus.open(
        engine, SQLiteBusConfiguration(topics: PlatformTopics.declarations), time: time,
        randomness: randomness)
      let isTemporary = configuration.dataDirectory == nil
      let workDirectory =
        if let directory = configuration.dataDirectory { directory + "/work" } else {
          try WorkDirectory.temporary()
        }
      let objects = try DevObjects.open(
        configuration.dataDirectory, temporary: workDirectory, time: time, randomness: randomness)
      return DevStorage(
        engine: engine, store: store, bus: bus,
        archive: EmbeddedJobArchive(store, time: time), objects: objects,
        workDirectory: workDirectory, isTemporary: isTemporary)
    } catch let error as SQLiteOpenError {
      throw StartFailure(error)
    } catch let error as StartFailure {
      throw error
    } catch {
      throw StartFailure("the store cannot be opened: \(error)", hint: "see the messages above")
    }
  }

  /// Called after the executor has given up its part of the work directory.
  func close() async {
    if isTemporary {
      await objects.closeAndRemove()
    } else {
      await objects.close()
    }
    await engine.close()
    // Stays while another process uses it.
    if isTemporary { rmdir(workDirectory) }
  }
}

extension StartFailure {
  init(_ error: SQLiteOpenError) {
    switch error {
    case .locked(let what):
      self.init(what, hint: "or use the one that runs: `millrace run list` finds it by itself")
    case .unusable(let what):
      self.init(what, hint: "the folder needs write permission and room on its disk")
    case .damaged(let what):
      self.init(
        what, hint: "nothing was changed; --data with another folder starts anew")
    case .newerFormat(let what):
      self.init(what, hint: "run the newer version of millrace, or choose another --data folder")
    case .mismatch(let what):
      self.init(what, hint: "the folder is of another version; choose another --data folder")
    }
  }
}
