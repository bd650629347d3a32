internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Deletes old messages that are over, and what was worked out long ago.
struct HistorySweeper: Sendable {
  let ports: NotificationPorts

  private static let rowsPerSweep = 500

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        while try await sweepDeliveries() {}
        while try await sweepEnds() {}
      } catch {
        ports.context.telemetry.log(.warning, "history.not-swept", [("error", "\(error)")])
      }
      try? await ports.context.time.sleep(for: ports.configuration.sweepEvery)
    }
  }

  private var oldest: RecordValue {
    .integer((ports.context.time.now() - ports.configuration.historyKeptFor).microseconds)
  }

  /// True while there may be more. Messages that are not over stay, however old.
  private func sweepDeliveries() async throws(StoreError) -> Bool {
    let table = NotificationTables.deliveries
    let page = try await ports.store.query(
      table,
      RecordQuery(
        table: table.name, index: "age", upper: .excluding(oldest),
        limit: HistorySweeper.rowsPerSweep))
    let over = page.records.filter { $0.record.dueUs == nil }
    guard !over.isEmpty else { return false }
    _ = try await ports.store.commit(
      RecordBatch(entries: over.map { table.delete(table.row($0.record).key, over: $0.version) }))
    return page.next != nil
  }

  private func sweepEnds() async throws(StoreError) -> Bool {
    let table = NotificationTables.ends
    let page = try await ports.store.query(
      table,
      RecordQuery(
        table: table.name, index: "age", upper: .excluding(oldest),
        limit: HistorySweeper.rowsPerSweep))
    guard !page.records.isEmpty else { return false }
    _ = try await ports.store.commit(
      RecordBatch(
        entries: page.records.map { table.delete(table.row($0.record).key, over: $0.version) }))
    return page.next != nil
  }
}
