internal import Contracts
internal import Domain
internal import Ports
internal import Synchronization

/// The rows of sessions as this process last saw them, so that a claim need not read its session:
/// the guard in its commit says whether that was right.
struct SessionRows: Sendable {
  private static let rowsMax = 10_000

  private final class Memory: Sendable {
    let rows = Mutex(LookupMap<SessionID, Versioned<SessionRecord>>())
  }

  let store: any RecordStore
  private let memory = Memory()

  init(store: any RecordStore) { self.store = store }

  /// As it was seen last, or as it is.
  func known(_ id: SessionID) async throws(StoreError) -> Versioned<SessionRecord>? {
    if let row = memory.rows.withLock({ $0[id] }) { return row }
    return try await read(id)
  }

  /// As it is.
  func read(_ id: SessionID) async throws(StoreError) -> Versioned<SessionRecord>? {
    let row = try await store.get(SchedulerTables.sessions, key: [.text(id.text)])
    saw(row, of: id)
    return row
  }

  func saw(_ row: Versioned<SessionRecord>?, of id: SessionID) {
    memory.rows.withLock { rows in
      if rows.count >= SessionRows.rowsMax { rows.removeAll() }
      rows[id] = row?.record.isOver == true ? nil : row
    }
  }
}
