internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// This process's row among the schedulers that live.
struct Presence {
  let ports: SchedulerPorts
  private var record: SchedulerProcessRecord
  private var version: CommitID?
  private var renewedAt: Uptime?
  private var seen: [(process: ProcessID, renewals: Int64)] = []
  private var seenAt: Uptime?

  init(ports: SchedulerPorts) {
    self.ports = ports
    record = SchedulerProcessRecord(process: ports.context.process.text)
  }

  private var key: [RecordValue] { [.text(record.process)] }

  /// Says that the process lives, if that is due.
  mutating func renew() async throws(StoreError) {
    let now = ports.context.time.uptime()
    if let renewedAt, now - renewedAt < ports.configuration.partitionRenewEvery { return }
    record.renewals += 1
    record.renewedAtUs = ports.context.time.now().microseconds
    let table = SchedulerTables.processes
    do throws(StoreError) {
      let entry = version.map { table.update(record, over: $0) } ?? table.insert(record)
      version = try await ports.store.commit(RecordBatch(entries: [entry]))
      renewedAt = now
    } catch {
      guard error == .conflict || error == .outcomeUnknown else { throw error }
      // Somebody took it for dead, or the answer was lost: the row says which.
      let rows = try await ports.store.settle(table.name, [key])
      version = (rows.first ?? nil)?.version
    }
  }

  /// All schedulers that say that they live.
  ///
  /// - Parameter now: whether the answer of a moment ago will not do.
  mutating func processes(
    now isNeeded: Bool
  ) async throws(StoreError) -> [(process: ProcessID, renewals: Int64)] {
    let now = ports.context.time.uptime()
    if !isNeeded, let seenAt, now - seenAt < ports.configuration.partitionRenewEvery {
      return seen
    }
    let page = try await ports.store.query(
      SchedulerTables.processes,
      RecordQuery(table: SchedulerTables.processes.name, limit: 1_000))
    seen = page.records.compactMap { row in
      ProcessID(text: row.record.process).map { ($0, row.record.renewals) }
    }
    seenAt = now
    return seen
  }

  /// Forgets a process that died without saying so. One that was only slow comes back by itself.
  func forget(_ process: ProcessID) async throws(StoreError) {
    let key: [RecordValue] = [.text(process.text)]
    guard let row = try await ports.store.get(SchedulerTables.processes, key: key) else { return }
    _ = try await ports.store.commit(
      RecordBatch(entries: [SchedulerTables.processes.delete(key, over: row.version)]))
  }

  /// Says that the process ends.
  func leave() async {
    guard let version else { return }
    do throws(StoreError) {
      _ = try await ports.store.commit(
        RecordBatch(entries: [SchedulerTables.processes.delete(key, over: version)]))
    } catch {
      // The others find out by its silence.
      ports.context.telemetry.log(.debug, "presence.not-left", [("error", "\(error)")])
    }
  }
}
