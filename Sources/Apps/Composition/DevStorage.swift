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

  static let topics: [TopicDeclaration] = [
    .topic("workflow.started"), .topic("workflow.completed"), .topic("task.completed"),
    .topic("task.failed"), .topic("task.logs"), .topic("run.commands"),
    .topic("limit.requests"),
    .topic("metadata.dead-letters"), .topic("artifact.dead-letters"),
    .topic("notification.dead-letters"),
    .family(prefix: "task.scheduled."),
  ]

  static func open(
    _ configuration: DevConfiguration, time: any Time, randomness: any Randomness
  ) async throws(DevFailure) -> DevStorage {
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
        engine, SQLiteBusConfiguration(topics: topics), time: time, randomness: randomness)
      let isTemporary = configuration.dataDirectory == nil
      let workDirectory =
        if let directory = configuration.dataDirectory { directory + "/work" } else {
          try temporaryDirectory()
        }
      let objects = try DevObjects.open(
        configuration.dataDirectory, temporary: workDirectory, time: time, randomness: randomness)
      return DevStorage(
        engine: engine, store: store, bus: bus,
        archive: EmbeddedJobArchive(store, time: time), objects: objects,
        workDirectory: workDirectory, isTemporary: isTemporary)
    } catch let error as SQLiteOpenError {
      throw DevFailure(error)
    } catch let error as DevFailure {
      throw error
    } catch {
      throw DevFailure("the store cannot be opened: \(error)", hint: "see the messages above")
    }
  }

  /// One for all processes of a user, so that each start finds and removes what a process that was
  /// killed has left: the executor knows by its locks which of them live.
  private static func temporaryDirectory() throws(DevFailure) -> String {
    let path = "/tmp/millrace-\(getuid())"
    mkdir(path, 0o700)
    var facts = stat()
    // Anybody may make a folder in /tmp, under this name too.
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == getuid(),
      facts.st_mode & 0o077 == 0
    else {
      throw DevFailure(
        "\(path) is not a folder of this user alone",
        hint: "remove it, or keep everything in a folder of your own with --data")
    }
    return path
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

extension DevFailure {
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
