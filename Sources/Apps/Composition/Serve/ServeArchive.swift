internal import ArchiveAdapter
internal import Domain
internal import MongoDBAdapter
internal import Ports
internal import SQLiteAdapter
internal import ServiceKit
internal import SystemAdapter

/// Where a process keeps history and logs: in a MongoDB that all share, or in a file of its own.
enum ServeArchive: Sendable {
  case file(SQLiteEngine, EmbeddedJobArchive)
  case mongoDB(MongoDBJobArchive)

  /// Nil for a process that keeps none. A MongoDB that is not there now may come later; one that is
  /// not as this version needs it stays so.
  static func open(
    _ configuration: ServeConfiguration, _ runtime: Runtime
  ) async throws(StartFailure) -> ServeArchive? {
    guard configuration.services.contains(.metadata) else { return nil }
    if let uri = configuration.mongoDB { return .mongoDB(try await opened(uri, runtime)) }
    guard let folder = configuration.dataDirectory else { return nil }
    do {
      let engine = try await SQLiteEngine.open(
        SQLiteConfiguration(.directory(folder + "/metadata")))
      let store = try await SQLiteRecordStore.open(
        engine, tables: EmbeddedJobArchive.tables, randomness: runtime.randomness)
      return .file(engine, EmbeddedJobArchive(store, time: runtime.time))
    } catch { throw StartFailure(opening: error) }
  }

  private static func opened(
    _ uri: String, _ runtime: Runtime
  ) async throws(StartFailure) -> MongoDBJobArchive {
    let archive: MongoDBJobArchive
    do throws(ArchiveError) {
      archive = try MongoDBJobArchive(MongoDBConfiguration(uri: uri), time: runtime.time)
    } catch { throw StartFailure(archive: error) }
    do throws(ArchiveError) {
      try await MongoSchemaKeeper(archive).check()
    } catch {
      guard case .refused = error else {
        runtime.metrics.log(.warning, "archive.not-reached", [("error", "\(error)")])
        return archive
      }
      await archive.close()
      throw StartFailure(archive: error)
    }
    return archive
  }

  var archive: any JobArchive {
    switch self {
    case .file(_, let archive): archive
    case .mongoDB(let archive): archive
    }
  }

  /// What shows whether it can be used now; nil for a file.
  var check: HealthWatch.Check? {
    guard case .mongoDB(let archive) = self else { return nil }
    return HealthWatch.Check("archive") { await archive.fault() }
  }

  func close() async {
    switch self {
    case .file(let engine, _): await engine.close()
    case .mongoDB(let archive): await archive.close()
    }
  }
}

extension StartFailure {
  /// Why the archive of history cannot be used.
  init(archive error: ArchiveError) {
    switch error {
    case .refused(let why):
      self.init(why, hint: "mend what it says and start again")
    case .unavailable(let why):
      self.init(
        "MongoDB cannot be used: \(why)",
        hint: "check --mongodb, and that the server runs and lets this user in")
    case .outcomeUnknown:
      self.init("MongoDB has not answered", hint: "do it again: what is done is not done twice")
    }
  }
}
