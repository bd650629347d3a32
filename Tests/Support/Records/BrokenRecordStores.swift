public import Ports

/// A store that forgets guards: what a backend without `FOR SHARE` would do. Suites must catch it.
public struct GuardDroppingStore: RecordStore {
  private let store: any RecordStore

  public init(_ store: any RecordStore) {
    self.store = store
  }

  public func commit(_ batch: RecordBatch) async throws(StoreError) -> CommitID {
    var batch = batch
    batch.entries.removeAll { entry in
      if case .guard = entry.change { return true }
      return false
    }
    return try await store.commit(batch)
  }

  public func get(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    try await store.get(table, keys)
  }

  public func query(_ query: RecordQuery) async throws(StoreError) -> RecordPage {
    try await store.query(query)
  }

  public func settle(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    try await store.settle(table, keys)
  }

  public func pending(shard: String, limit: Int) async throws(StoreError) -> [PendingMessage] {
    try await store.pending(shard: shard, limit: limit)
  }

  public func acknowledge(shard: String, _ ids: [Int64]) async throws(StoreError) {
    try await store.acknowledge(shard: shard, ids)
  }

  public func waitForPending(shard: String, until deadline: Duration) async {
    await store.waitForPending(shard: shard, until: deadline)
  }
}

/// A store that reads each key for itself, so that a read of several keys is no snapshot.
public struct TornReadStore: RecordStore {
  private let store: any RecordStore

  public init(_ store: any RecordStore) {
    self.store = store
  }

  public func get(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    var rows: [StoredRow?] = []
    for key in keys {
      rows += try await store.get(table, [key])
      await Task.yield()
    }
    return rows
  }

  public func commit(_ batch: RecordBatch) async throws(StoreError) -> CommitID {
    try await store.commit(batch)
  }

  public func query(_ query: RecordQuery) async throws(StoreError) -> RecordPage {
    try await store.query(query)
  }

  public func settle(
    _ table: String, _ keys: [[RecordValue]]
  ) async throws(StoreError) -> [StoredRow?] {
    try await store.settle(table, keys)
  }

  public func pending(shard: String, limit: Int) async throws(StoreError) -> [PendingMessage] {
    try await store.pending(shard: shard, limit: limit)
  }

  public func acknowledge(shard: String, _ ids: [Int64]) async throws(StoreError) {
    try await store.acknowledge(shard: shard, ids)
  }

  public func waitForPending(shard: String, until deadline: Duration) async {
    await store.waitForPending(shard: shard, until: deadline)
  }
}
