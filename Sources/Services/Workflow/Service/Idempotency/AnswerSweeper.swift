internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import WorkflowCore

/// Deletes answers to Idempotency-Keys that nobody may repeat any more.
struct AnswerSweeper: Sendable {
  let ports: WorkflowPorts

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        while try await sweepOnce() {}
      } catch {
        ports.context.telemetry.log(.warning, "answers.not-swept", [("error", "\(error)")])
      }
      try? await ports.context.time.sleep(for: ports.configuration.sweepEvery)
    }
  }

  /// True while there may be more.
  private func sweepOnce() async throws(StoreError) -> Bool {
    let limit = 500
    let old = ports.context.time.now() - Idempotency.keptFor
    let page = try await ports.store.query(
      WorkflowTables.answers,
      RecordQuery(
        table: WorkflowTables.answers.name, index: "age",
        upper: .excluding(.integer(old.microseconds)), limit: limit))
    guard !page.records.isEmpty else { return false }
    _ = try await ports.store.commit(
      RecordBatch(
        entries: page.records.map { row in
          WorkflowTables.answers.delete(
            WorkflowTables.answers.row(row.record).key, over: row.version)
        }))
    return page.records.count == limit
  }
}
