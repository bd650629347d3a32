internal import ArtifactCore
internal import Contracts
internal import Domain
public import Ports
public import ServiceKit

/// Compares the records of artifacts with the objects that hold their bytes.
///
/// It may be run beside everything else: whoever stores an object has named it in a record before.
/// Everything it does may be done twice. Of memory it needs what the artifacts of the runs of one
/// page take, and those that are being removed.
public struct ContentReconciler: Sendable {
  public struct Limits: Sendable {
    public var artifactsPerPageMax: Int = 500
    public var keysPerPageMax: Int = 500
    public var looksInFlightMax: Int = 16

    public init() {}
  }

  public typealias Tell = @Sendable (Difference) async -> Void

  private let store: any RecordStore
  private let objects: any ObjectStore
  private let repairs: Repairs
  private let time: any Time
  private let limits: Limits

  public init(
    _ store: any RecordStore, _ objects: any ObjectStore, time: any Time, repairs: Repairs,
    limits: Limits = Limits()
  ) {
    self.store = store
    self.objects = objects
    self.time = time
    self.repairs = repairs
    self.limits = limits
  }

  /// - Throws: what a store fails with; what was told before is done.
  public func run(_ tell: Tell) async throws {
    let removing = try await compareRecords(tell)
    try await compareObjects(removing, tell)
  }

  // MARK: From the records

  /// - Returns: keys of artifacts that are being removed: their objects go without help.
  private func compareRecords(_ tell: Tell) async throws -> LookupSet<String> {
    var removing = LookupSet<String>()
    var query = RecordQuery(
      table: ArtifactTables.artifacts.name, limit: limits.artifactsPerPageMax)
    repeat {
      let page = try await store.query(ArtifactTables.artifacts, query)
      for row in page.records where row.record.phase == .removing {
        for object in row.record.stale { removing.insert(object.key) }
      }
      for lost in try await lost(among: page.records) { try await report(lost, tell) }
      query.after = page.next
    } while query.after != nil
    return removing
  }

  private struct Lost: Sendable {
    var row: Versioned<ArtifactRecord>
    /// Nil when there is no object at all.
    var found: String?
  }

  private func lost(among rows: [Versioned<ArtifactRecord>]) async throws -> [Lost] {
    let now = time.now()
    let ready = rows.filter { row in
      // What is over is removed with or without its bytes.
      row.record.phase == .ready && row.record.untilUs.map { $0 > now.microseconds } ?? true
    }
    return try await withThrowingTaskGroup(of: Lost?.self) { group in
      var lost: [Lost] = []
      for (place, row) in ready.enumerated() {
        if place >= limits.looksInFlightMax, let one = try await group.next() ?? nil {
          lost.append(one)
        }
        group.addTask { try await look(at: row) }
      }
      for try await case let one? in group { lost.append(one) }
      return lost.sorted { $0.row.record.artifact < $1.row.record.artifact }
    }
  }

  private func look(at row: Versioned<ArtifactRecord>) async throws -> Lost? {
    let record = row.record
    do throws(ObjectError) {
      let found = try await objects.look(record.object?.key ?? "").summary
      guard found.size != record.size || found.digest != record.digest else { return nil }
      return Lost(row: row, found: "\(found.size) bytes with the SHA-256 \(found.digest)")
    } catch {
      switch error {
      case .notFound: return try await isUnchanged(row) ? Lost(row: row) : nil
      case .conflict(let why), .refused(let why): return Lost(row: row, found: why)
      case .unavailable, .outcomeUnknown: throw error
      }
    }
  }

  /// Whether the record still says so: objects go with their artifacts.
  private func isUnchanged(_ row: Versioned<ArtifactRecord>) async throws -> Bool {
    let now = try await store.get(ArtifactTables.artifacts, key: [.text(row.record.artifact)])
    return now?.version == row.version
  }

  private func report(_ lost: Lost, _ tell: Tell) async throws {
    let record = lost.row.record
    let name = [record.run, record.task, record.name].filter { !$0.isEmpty }
      .joined(separator: " ")
    if let found = lost.found {
      await tell(
        Difference(
          .contentDiffers, .unexplained, record.artifact,
          "\(name): the record says \(record.size) bytes with the SHA-256 \(record.digest), the "
            + "store has \(found)"))
      return
    }
    let standing = repairs.standing(allowed: repairs.forgetsLostArtifacts)
    await tell(
      Difference(
        .contentMissing, standing, record.artifact,
        "\(name): its \(record.size) bytes are not in the object store"
          + (standing == .kept ? "" : ": it is removed")))
    guard standing == .mended else { return }
    // From then on the service removes it with all that belongs to it.
    guard var artifact = record.artifact(ArtifactLimits()) else { return }
    var over = record
    _ = artifact.apply(.contentLost, at: time.now())
    over.take(artifact)
    do throws(StoreError) {
      _ = try await store.commit(
        RecordBatch(entries: [ArtifactTables.artifacts.update(over, over: lost.row.version)]))
    } catch {
      // Somebody has just changed it; the next comparison tells what is left of that.
      guard error == .conflict else { throw error }
    }
  }

  // MARK: From the objects

  private func compareObjects(_ removing: LookupSet<String>, _ tell: Tell) async throws {
    var cursor: String?
    repeat {
      let page = try await objects.keys(limit: limits.keysPerPageMax, cursor: cursor)
      let known = try await known(to: page.keys)
      for key in page.keys.sorted() where !removing.contains(key) && !known.contains(key) {
        let standing = repairs.standing(allowed: repairs.deletesObjects)
        await tell(
          Difference(
            .objectUnknown, standing, key,
            "no record knows it" + (standing == .kept ? "" : ": it is deleted")))
        if standing == .mended { try await objects.delete(key) }
      }
      cursor = page.next
    } while cursor != nil
  }

  /// Keys that artifacts of the same runs have.
  private func known(to keys: [String]) async throws -> LookupSet<String> {
    var known = LookupSet<String>()
    for folder in SortedSet(keys.compactMap(Folder.init)) {
      var query = RecordQuery(
        table: ArtifactTables.artifacts.name, index: "of_run",
        prefix: [.text(folder.namespace), .text(folder.run)], limit: limits.artifactsPerPageMax)
      repeat {
        let page = try await store.query(ArtifactTables.artifacts, query)
        for record in page.records.map(\.record) {
          for object in [record.object].compactMap(\.self) + record.stale {
            known.insert(object.key)
          }
        }
        query.after = page.next
      } while query.after != nil
    }
    return known
  }

  /// Where the objects of a run are.
  private struct Folder: Comparable {
    var namespace: String
    /// Empty for those of no run.
    var run: String

    /// Nil for a key that the artifact service did not make.
    init?(_ key: String) {
      let parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { return nil }
      namespace = parts[0]
      run = parts[1] == "none" ? "" : parts[1]
    }

    static func < (left: Folder, right: Folder) -> Bool {
      (left.namespace, left.run) < (right.namespace, right.run)
    }
  }
}
