public import Ports

/// Makes the collections and indexes of the archive, and says whether they are there.
///
/// Indexes are only ever added: making them again changes nothing, so that an administrator may run
/// it at any time, also two at once, and a run that was interrupted is simply run again.
public struct MongoSchemaKeeper: Sendable {
  private let client: MongoClient

  public init(_ archive: MongoDBJobArchive) {
    client = archive.client
  }

  /// What `migrate` would make, by the names of collection and index.
  public func plan() async throws(ArchiveError) -> [String] {
    try await missing().map { "\($0.collection).\($0.name)" }
  }

  /// Makes what is missing. The server builds an index while others write.
  ///
  /// - Returns: what was made.
  @discardableResult
  public func migrate() async throws(ArchiveError) -> [String] {
    let missing = try await missing()
    for collection in MongoSchema.collections {
      let indexes = missing.filter { $0.collection == collection }
      guard !indexes.isEmpty else { continue }
      let command: BSONDocument = [
        "createIndexes": .string(collection),
        "indexes": .array(indexes.map { .document($0.declaration) }),
      ]
      do throws(MongoFailure) {
        try await client.run { (session) throws(MongoFailure) in
          _ = try session.command(command)
        }
      } catch { throw ArchiveError(writing: error) }
    }
    return missing.map { "\($0.collection).\($0.name)" }
  }

  /// - Throws: `.refused` when an index is missing or another than it must be.
  public func check() async throws(ArchiveError) {
    let missing = try await plan()
    guard missing.isEmpty else {
      throw .refused(
        "MongoDB lacks indexes (\(missing.joined(separator: ", "))): run `millrace admin migrate`")
    }
  }

  private func missing() async throws(ArchiveError) -> [MongoSchema.Index] {
    var missing: [MongoSchema.Index] = []
    for collection in MongoSchema.collections {
      let stored: [BSONDocument]
      do throws(MongoFailure) {
        stored = try await client.run { (session) throws(MongoFailure) in
          try session.indexes(of: collection)
        }
      } catch { throw ArchiveError(reading: error) }
      for index in MongoSchema.indexes where index.collection == collection {
        if let other = stored.first(where: { $0.string("name") == index.name }) {
          guard index.agrees(with: other) else {
            throw .refused(
              "the index \(collection).\(index.name) is another than this version needs: "
                + "drop it and run `millrace admin migrate`")
          }
        } else {
          missing.append(index)
        }
      }
    }
    return missing
  }
}
