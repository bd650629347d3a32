internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Wakes runs whose time has come: asks about those that seem to go on, and removes the files of
/// those that are not kept any longer.
struct RunSweeper: Sendable {
  let ports: ArtifactPorts
  let desk: ArtifactDesk

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do throws(Problem) {
        try await sweep()
      } catch {
        ports.context.telemetry.log(.warning, "runs.not-swept", [("error", error.detail)])
      }
      try? await ports.context.time.sleep(for: ports.configuration.sweepEvery)
    }
  }

  func sweep() async throws(Problem) {
    let due: [RunID]
    do throws(StoreError) {
      let page = try await ports.store.query(
        ArtifactTables.runs,
        RecordQuery(
          table: ArtifactTables.runs.name, index: "due",
          upper: .including(.integer(ports.context.time.now().microseconds)),
          limit: ports.configuration.sweepBatchMax))
      due = page.records.compactMap { RunID(text: $0.record.run) }
    } catch {
      throw Problem(error)
    }
    for run in due where !Task.isCancelled {
      for effect in try await desk.runs.apply(.timeReached, to: run) {
        switch effect {
        case .ask: try await ask(run)
        case .removeArtifacts: try await removeArtifacts(of: run)
        case .forget: break
        }
      }
    }
  }

  private func ask(_ run: RunID) async throws(Problem) {
    let event: RunRetention.Event
    if let view = try await desk.runs.asked(run) {
      event = view.endedAtUs.map { .ended(at: Moment(microseconds: $0)) } ?? .goesOn
    } else {
      event = .unknown
    }
    _ = try await desk.runs.apply(event, to: run)
  }

  /// Nothing is added to the run any more: what a query finds is what there is.
  private func removeArtifacts(of run: RunID) async throws(Problem) {
    guard let row = try await desk.runs.known(run) else { return }
    while !Task.isCancelled {
      let found: [ArtifactID]
      let hasMore: Bool
      do throws(StoreError) {
        let page = try await ports.store.query(
          ArtifactTables.artifacts,
          RecordQuery(
            table: ArtifactTables.artifacts.name, index: "of_run",
            prefix: [.text(row.record.namespace), .text(run.text)],
            limit: ports.configuration.sweepBatchMax))
        found = page.records.compactMap { ArtifactID(text: $0.record.artifact) }
        hasMore = page.next != nil
      } catch {
        throw Problem(error)
      }
      for id in found { _ = try await desk.apply(.runExpired, to: id) }
      guard !found.isEmpty || hasMore else { break }
    }
    guard !Task.isCancelled else { return }
    _ = try await desk.runs.apply(.emptied, to: run)
  }
}
