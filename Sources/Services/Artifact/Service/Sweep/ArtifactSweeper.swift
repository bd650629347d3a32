internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Wakes artifacts whose time has come: abandoned uploads, files that are not kept any longer, and
/// objects that are to be deleted.
struct ArtifactSweeper: Sendable {
  let ports: ArtifactPorts
  let desk: ArtifactDesk

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do throws(Problem) {
        while try await sweepOnce(), !Task.isCancelled {}
      } catch {
        ports.context.telemetry.log(.warning, "artifacts.not-swept", [("error", error.detail)])
      }
      try? await ports.context.time.sleep(for: ports.configuration.sweepEvery)
    }
  }

  /// True while more is due and this got on with it.
  func sweepOnce() async throws(Problem) -> Bool {
    let due = try await due()
    guard !due.isEmpty else { return false }
    let woken = await withTaskGroup(of: Bool.self) { group in
      var woken = 0
      for (place, id) in due.enumerated() {
        if place >= ports.configuration.deletionsInFlightMax, await group.next() == true {
          woken += 1
        }
        group.addTask { await self.wake(id) }
      }
      for await isWoken in group where isWoken { woken += 1 }
      return woken
    }
    return woken == due.count && due.count == ports.configuration.sweepBatchMax
  }

  private func due() async throws(Problem) -> [ArtifactID] {
    do throws(StoreError) {
      let page = try await ports.store.query(
        ArtifactTables.artifacts,
        RecordQuery(
          table: ArtifactTables.artifacts.name, index: "due",
          upper: .including(.integer(ports.context.time.now().microseconds)),
          limit: ports.configuration.sweepBatchMax))
      return page.records.compactMap { ArtifactID(text: $0.record.artifact) }
    } catch {
      throw Problem(error)
    }
  }

  /// True unless something went wrong, which the next turn tries again.
  private func wake(_ id: ArtifactID) async -> Bool {
    do throws(Problem) {
      let applied = try await desk.apply(.timeReached, to: id)
      for case .deleteObjects(let blobs, let round) in applied.effects {
        let isSure = await ObjectWriter(ports: ports).delete(blobs)
        _ = try await desk.apply(
          isSure ? .objectsDeleted(round: round) : .deletionInDoubt, to: id)
      }
      return true
    } catch {
      guard error.status != 404 else { return true }
      ports.context.telemetry.log(
        .warning, "artifact.not-swept", [("artifact", id.text), ("error", error.detail)])
      return false
    }
  }
}
