internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Names artifacts and tells their machines what happens: gathers, decides, commits.
///
/// What a namespace holds is changed in the same commit as its artifacts, and so never drifts.
struct ArtifactDesk: Sendable {
  /// What somebody wants to keep.
  struct Order: Sendable {
    var place: ArtifactPlace
    var expectation: Artifact.Expectation
    var contentType: String
    var principal: String
  }

  enum Named: Sendable {
    case new(StoredArtifact)
    /// The name is taken by one that is pending or ready.
    case taken(StoredArtifact)
  }

  struct Applied: Sendable {
    var stored: StoredArtifact
    var effects: [Artifact.Effect]

    var refusal: Artifact.Refusal? {
      for case .refuse(let refusal) in effects { return refusal }
      return nil
    }
  }

  let ports: ArtifactPorts
  let runs: RunShelf

  // MARK: Look

  /// - Throws: 404 for what is not there or is being removed.
  func find(_ id: ArtifactID) async throws(Problem) -> StoredArtifact {
    guard let stored = try await stored(id), !stored.isRemoving else {
      throw Problem.notFound("artifact \(id)")
    }
    return stored
  }

  func stored(_ id: ArtifactID) async throws(Problem) -> StoredArtifact? {
    do throws(StoreError) {
      let row = try await ports.store.get(ArtifactTables.artifacts, key: [.text(id.text)])
      guard let row else { return nil }
      return try reading(row)
    } catch {
      throw Problem(error)
    }
  }

  /// Who has a place in a run; nil when nobody has.
  func taker(of place: ArtifactPlace) async throws(Problem) -> StoredArtifact? {
    guard let row = try await placeRow(place), let id = ArtifactID(text: row.record.artifact)
    else { return nil }
    // Between the two reads it may have gone.
    guard let stored = try await stored(id), !stored.isRemoving else { return nil }
    return stored
  }

  private func reading(_ row: Versioned<ArtifactRecord>) throws(StoreError) -> StoredArtifact {
    do throws(Problem) {
      return try StoredArtifact(row, ports.configuration.limits)
    } catch {
      throw .refused(error.detail)
    }
  }

  private func placeRow(
    _ place: ArtifactPlace
  ) async throws(Problem) -> Versioned<ArtifactPlaceRecord>? {
    guard let record = ArtifactPlaceRecord(place, ArtifactID(SortableID(high: 0, low: 0))) else {
      return nil
    }
    do throws(StoreError) {
      return try await ports.store.get(
        ArtifactTables.places, key: ArtifactTables.places.row(record).key)
    } catch {
      throw Problem(error)
    }
  }

  // MARK: Name

  /// Writes the first row of an artifact, its name taken and its bytes paid for.
  func name(
    _ order: Order, as id: ArtifactID, _ blob: Artifact.Blob
  ) async throws(Problem) -> Named {
    for round in 0..<ports.configuration.conflictsMax {
      // A commit whose answer was lost may have been ours.
      if round > 0, let own = try await stored(id) { return .new(own) }
      let now = ports.context.time.now()
      let artifact = Artifact(
        id, order.place, order.expectation, blob, at: now, limits: ports.configuration.limits)
      var entries: [RecordBatch.Entry] = []
      if let run = order.place.run {
        if let taken = try await taker(of: order.place) { return .taken(taken) }
        entries.append(try await reliance(on: run, order.place.namespace))
      }
      if let place = ArtifactPlaceRecord(order.place, id) {
        entries.append(ArtifactTables.places.insert(place))
      }
      let record = ArtifactRecord(
        artifact, contentType: order.contentType, principal: order.principal,
        partBytes: ports.configuration.partBytes, at: now)
      entries.append(ArtifactTables.artifacts.insert(record))
      entries.append(try await payment(artifact.charge, in: order.place.namespace))
      guard let version = try await commit(entries, about: id) else {
        await ports.pause(afterConflict: round)
        continue
      }
      return .new(
        try StoredArtifact(Versioned(record, at: version), ports.configuration.limits))
    }
    throw tooMany(order.place.namespace)
  }

  /// That the run takes artifacts when the commit happens.
  private func reliance(
    on run: RunID, _ namespace: NamespaceName
  ) async throws(Problem) -> RecordBatch.Entry {
    let row = try await runs.row(run)
    // Somebody else's run does not exist.
    guard row.record.namespace == namespace.text else { throw Problem.notFound("run \(run)") }
    guard
      row.record.retention(ports.configuration.limits(in: namespace.text))?.takesArtifacts == true
    else {
      throw Problem(409, "run-expired", "the artifacts of run \(run) are not kept any longer")
    }
    return ArtifactTables.runs.guard([.text(run.text)], at: row.version)
  }

  // MARK: Change

  /// Tells an artifact's machine what has happened.
  ///
  /// - Parameter edit: what else is written when it takes effect.
  func apply(
    _ event: Artifact.Event, to id: ArtifactID,
    edit: @Sendable (inout ArtifactRecord) -> Void = { _ in }
  ) async throws(Problem) -> Applied {
    for round in 0..<ports.configuration.conflictsMax {
      guard let stored = try await stored(id) else { throw Problem.notFound("artifact \(id)") }
      var artifact = stored.artifact
      let effects = artifact.apply(event, at: ports.context.time.now())
      guard artifact != stored.artifact || effects.contains(.forget) else {
        return Applied(stored: stored, effects: effects)
      }
      var record = stored.record
      record.take(artifact)
      edit(&record)
      let entries = try await entries(from: stored, to: artifact, record, effects)
      guard let version = try await commit(entries, about: id) else {
        await ports.pause(afterConflict: round)
        continue
      }
      var changed = stored
      changed.artifact = artifact
      changed.record = record
      changed.version = version
      return Applied(stored: changed, effects: effects)
    }
    throw tooMany(nil)
  }

  private func entries(
    from stored: StoredArtifact, to artifact: Artifact, _ record: ArtifactRecord,
    _ effects: [Artifact.Effect]
  ) async throws(Problem) -> [RecordBatch.Entry] {
    var entries = [
      effects.contains(.forget)
        ? ArtifactTables.artifacts.delete([.text(stored.id.text)], over: stored.version)
        : ArtifactTables.artifacts.update(record, over: stored.version)
    ]
    if effects.contains(.freePlace), let row = try await placeRow(stored.place),
      row.record.artifact == stored.id.text
    {
      entries.append(
        ArtifactTables.places.delete(
          ArtifactTables.places.row(row.record).key, over: row.version))
    }
    let difference = artifact.charge - stored.artifact.charge
    if difference != Artifact.Charge(bytes: 0, artifacts: 0) {
      entries.append(try await payment(difference, in: stored.place.namespace))
    }
    return entries
  }

  // MARK: Pay

  /// Changes what the namespace holds; more than it may hold is refused.
  private func payment(
    _ charge: Artifact.Charge, in namespace: NamespaceName
  ) async throws(Problem) -> RecordBatch.Entry {
    let row: Versioned<ArtifactUsageRecord>?
    do throws(StoreError) {
      row = try await ports.store.get(ArtifactTables.usages, key: [.text(namespace.text)])
    } catch {
      throw Problem(error)
    }
    var usage = row?.record ?? ArtifactUsageRecord(namespace: namespace.text)
    usage.bytes = usage.bytes.addingSaturated(charge.bytes)
    usage.artifacts = usage.artifacts.addingSaturated(charge.artifacts)
    let configuration = ports.configuration
    if charge.bytes > 0 || charge.artifacts > 0 {
      guard usage.bytes <= configuration.namespaceBytesMax,
        usage.artifacts <= configuration.namespaceArtifactsMax
      else {
        throw Problem(
          403, "quota-exceeded",
          "the namespace \(namespace) may keep \(configuration.namespaceArtifactsMax) artifacts "
            + "with \(configuration.namespaceBytesMax) bytes together: delete some first")
      }
    }
    return row.map { ArtifactTables.usages.update(usage, over: $0.version) }
      ?? ArtifactTables.usages.insert(usage)
  }

  /// Nil when it must be decided again: something has changed, or nobody knows whether it was
  /// applied and by now the row tells.
  private func commit(
    _ entries: [RecordBatch.Entry], about id: ArtifactID
  ) async throws(Problem) -> CommitID? {
    do throws(StoreError) {
      return try await ports.store.commit(RecordBatch(entries: entries))
    } catch {
      switch error {
      case .conflict:
        return nil
      case .outcomeUnknown:
        do throws(StoreError) {
          _ = try await ports.store.settle(ArtifactTables.artifacts.name, [[.text(id.text)]])
        } catch {
          throw Problem(error)
        }
        return nil
      case .unavailable, .refused:
        throw Problem(error)
      }
    }
  }

  private func tooMany(_ namespace: NamespaceName?) -> Problem {
    Problem.unavailable(
      "too many change artifacts" + (namespace.map { " of the namespace \($0)" } ?? "")
        + " at once")
  }
}
