internal import MongoDBAdapter
internal import Ports

/// Brings the collections of history to what this program needs.
public struct ArchiveAdministration: Sendable {
  private let uri: String

  /// - Parameter uri: a MongoDB, with a user who may make indexes.
  public init(mongoDB uri: String) {
    self.uri = uri
  }

  /// Names of the indexes that are missing, by collection: `jobs.by_state`.
  public func plan() async throws(StartFailure) -> [String] {
    try await withKeeper { keeper throws(ArchiveError) in try await keeper.plan() }
  }

  /// Makes the indexes that are missing; concurrent runs do no harm.
  ///
  /// - Returns: what was made.
  public func migrate() async throws(StartFailure) -> [String] {
    try await withKeeper { keeper throws(ArchiveError) in try await keeper.migrate() }
  }

  private func withKeeper(
    _ body: @Sendable (MongoSchemaKeeper) async throws(ArchiveError) -> [String]
  ) async throws(StartFailure) -> [String] {
    let runtime = try Runtime.administration()
    defer { runtime.stop() }
    let archive: MongoDBJobArchive
    do throws(ArchiveError) {
      archive = try MongoDBJobArchive(
        MongoDBConfiguration(uri: uri).forMigrations, time: runtime.time)
    } catch { throw StartFailure(archive: error) }
    let result: Result<[String], ArchiveError>
    do throws(ArchiveError) {
      result = .success(try await body(MongoSchemaKeeper(archive)))
    } catch { result = .failure(error) }
    await archive.close()
    do throws(ArchiveError) {
      return try result.get()
    } catch { throw StartFailure(archive: error) }
  }
}
