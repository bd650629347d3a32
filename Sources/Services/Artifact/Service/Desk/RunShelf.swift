internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// What is known of runs that have artifacts: their namespaces, and how long they are kept.
struct RunShelf: Sendable {
  let ports: ArtifactPorts

  /// The row of a run; made when the run exists and is not known here yet.
  func row(_ run: RunID) async throws(Problem) -> Versioned<ArtifactRunRecord> {
    for _ in 0..<ports.configuration.conflictsMax {
      if let known = try await known(run) { return known }
      let view = try await asked(run)
      guard let view, let namespace = NamespaceName(view.namespace) else {
        throw Problem.notFound("run \(run)")
      }
      let retention = RunRetention(
        endedAt: view.endedAtUs.map(Moment.init(microseconds:)), at: ports.context.time.now(),
        limits: ports.configuration.limits(in: view.namespace))
      try await insert(ArtifactRunRecord(run, namespace, retention))
    }
    throw Problem.unavailable("run \(run) is changed by too many")
  }

  /// The namespace of a run, whether it has artifacts or not.
  func namespace(of run: RunID) async throws(Problem) -> NamespaceName {
    let text: String?
    if let known = try await known(run) {
      text = known.record.namespace
    } else {
      text = try await asked(run)?.namespace
    }
    guard let text, let namespace = NamespaceName(text) else {
      throw Problem.notFound("run \(run)")
    }
    return namespace
  }

  func known(_ run: RunID) async throws(Problem) -> Versioned<ArtifactRunRecord>? {
    do throws(StoreError) {
      return try await ports.store.get(ArtifactTables.runs, key: [.text(run.text)])
    } catch {
      throw Problem(error)
    }
  }

  /// How the scheduler sees the run; nil when it does not know it.
  func asked(_ run: RunID) async throws(Problem) -> RunView? {
    do throws(RPCError) {
      let bytes = try await ports.network.call(
        SchedulerMethods.service, SchedulerMethods.getRun, GetRunRequest(run: run.text).encoded(),
        within: ports.configuration.callWithin)
      guard let answer = try? GetRunResponse(decoding: bytes) else {
        throw RPCError(.internal, "the scheduler's answer cannot be decoded")
      }
      return answer.run
    } catch {
      if error.code == .notFound { return nil }
      throw Problem.unavailable("the scheduler does not answer")
    }
  }

  private func insert(_ record: ArtifactRunRecord) async throws(Problem) {
    do throws(StoreError) {
      _ = try await ports.store.commit(
        RecordBatch(entries: [ArtifactTables.runs.insert(record)]))
    } catch {
      switch error {
      case .conflict: return
      case .outcomeUnknown: try await settle(record.run)
      case .unavailable, .refused: throw Problem(error)
      }
    }
  }

  /// Tells a run's machine what has happened; nothing when the run is not known here.
  func apply(_ event: RunRetention.Event, to run: RunID) async throws(Problem) -> [RunRetention
    .Effect]
  {
    for round in 0..<ports.configuration.conflictsMax {
      guard let row = try await known(run) else { return [] }
      guard
        var retention = row.record.retention(
          ports.configuration.limits(in: row.record.namespace))
      else {
        throw Problem(500, "unreadable", "the record of run \(run) cannot be understood")
      }
      let before = retention
      let effects = retention.apply(event, at: ports.context.time.now())
      guard retention != before || effects.contains(.forget) else { return effects }
      var record = row.record
      record.take(retention)
      let entry =
        effects.contains(.forget)
        ? ArtifactTables.runs.delete([.text(run.text)], over: row.version)
        : ArtifactTables.runs.update(record, over: row.version)
      do throws(StoreError) {
        _ = try await ports.store.commit(RecordBatch(entries: [entry]))
        return effects
      } catch {
        switch error {
        case .conflict: await ports.pause(afterConflict: round)
        case .outcomeUnknown: try await settle(run.text)
        case .unavailable, .refused: throw Problem(error)
        }
      }
    }
    throw Problem.unavailable("run \(run) is changed by too many")
  }

  private func settle(_ run: String) async throws(Problem) {
    do throws(StoreError) {
      _ = try await ports.store.settle(ArtifactTables.runs.name, [[.text(run)]])
    } catch {
      throw Problem(error)
    }
  }
}

extension ArtifactPorts {
  /// Waits a little, longer after each conflict, so that many writers do not collide for ever.
  func pause(afterConflict round: Int) async {
    guard round > 1 else { return }
    let steps = 1 + context.randomness.next() % UInt64(min(round, 16))
    try? await context.time.sleep(for: configuration.conflictWait * Int(steps))
  }
}
