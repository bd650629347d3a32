internal import Contracts
internal import Domain
internal import Ports
public import ServiceKit
internal import Synchronization

/// Keeps entries of the audit that no decision has written: denials, refusals, and what other
/// services of the same process did.
///
/// Denials of strangers are bounded: whoever floods with bad credentials fills a counter, not the
/// store.
public final class StoredAuditTrail: AuditTrail {
  private let ports: IAMPorts
  private let window = Mutex<(second: Int64, count: Int)>((0, 0))

  public init(_ ports: IAMPorts) { self.ports = ports }

  public func note(_ entry: AuditEntry) async {
    if entry.actor.kind == .nobody, entry.outcome == .refused, !mayNoteStranger() {
      ports.context.telemetry.count("audit_strangers_not_noted", 1, [])
      return
    }
    let record = AuditRecord(AuditEntryMessage(entry))
    do throws(StoreError) {
      try await keep([record])
    } catch {
      ports.context.telemetry.count("audit_entries_lost", 1, [])
      ports.context.telemetry.log(
        .error, "audit.not-kept", [("request_id", entry.request.text), ("error", "\(error)")])
    }
  }

  /// Keeps each entry once: an entry that is there already has been sent before.
  func keep(_ records: [AuditRecord]) async throws(StoreError) {
    var last = StoreError.conflict
    for _ in 0..<ports.configuration.conflictsMax {
      do throws(StoreError) {
        let known = try await ports.store.settle(
          IAMTables.audits.name, records.map { [.text($0.id)] })
        let new = zip(records, known).filter { $0.1 == nil }.map(\.0)
        guard !new.isEmpty else { return }
        _ = try await ports.store.commit(
          RecordBatch(entries: new.map { IAMTables.audits.insert($0) }))
        return
      } catch {
        guard error == .conflict || error == .outcomeUnknown else { throw error }
        last = error
      }
    }
    throw last
  }

  private func mayNoteStranger() -> Bool {
    let second = ports.context.time.uptime().microseconds / 1_000_000
    return window.withLock { window in
      if window.second != second { window = (second, 0) }
      window.count += 1
      return window.count <= ports.configuration.strangersAuditedPerSecondMax
    }
  }
}
