/// What went wrong, by what the caller can do.
public enum StoreError: Error, Hashable, Sendable {
  /// Something that the batch relied on has changed, or a lock was not to be had: read again and
  /// decide again. Surely not applied.
  case conflict
  /// The answer was lost: applied, not applied, or applied up to some seconds later. Resolve by
  /// repeating the commit's insert or by a locking read (`settle`), never by a plain `get`.
  case outcomeUnknown
  /// Surely not applied; try later.
  case unavailable(String)
  /// Will never work as it is: undeclared table, value out of bounds, unique value taken.
  case refused(String)
}

/// Declared tables of records, the heart of every service.
///
/// Guarantees hold for records by key. Each `get` and each page of a `query` is a snapshot of its
/// own; others commit in between. A decision that rests on a query guards a *root* record that
/// every writer of that range updates. Absence cannot be guarded: insert a record instead.
///
/// A commit is all or nothing and durable when it returns. After `get`, `query` or `commit`
/// returned, every later read of this process sees at least that state. Cancellation of a `commit`
/// counts as `.outcomeUnknown`. All methods may be called at once from many tasks.
public protocol RecordStore: Sendable {
  /// The rows of the keys, in the order asked, nil where there is none. At most 10,000 keys, which
  /// may repeat.
  func get(_ table: String, _ keys: [[RecordValue]]) async throws(StoreError) -> [StoredRow?]

  /// One page. The table's order ends in its key, so that no row is seen twice or left out unless
  /// it moved.
  func query(_ query: RecordQuery) async throws(StoreError) -> RecordPage

  /// Writes the entries and messages, or nothing. At most 4,000 entries and 16 MiB.
  ///
  /// Versions are judged first, so that repeating an insert that was applied is `.conflict` even if
  /// a unique value of it is taken, by itself. Deletes make room for inserts of the same batch. An
  /// empty batch answers a version and does nothing.
  ///
  /// - Returns: the version that all written rows now have.
  func commit(_ batch: RecordBatch) async throws(StoreError) -> CommitID

  /// Like `get`, after every commit in doubt on these keys has been decided.
  func settle(_ table: String, _ keys: [[RecordValue]]) async throws(StoreError) -> [StoredRow?]

  /// The oldest outbox messages of a shard, in the order of their commits for each key.
  func pending(shard: String, limit: Int) async throws(StoreError) -> [PendingMessage]

  /// Deletes messages that the bus has acknowledged. Unknown ids are ignored.
  func acknowledge(shard: String, _ ids: [Int64]) async throws(StoreError)

  /// Returns when messages of the shard may be waiting, at once when some are, and after
  /// `deadline`, counted from the call, at the latest. A commit with messages wakes it, and so does
  /// cancellation of the task; it may also return for no reason.
  func waitForPending(shard: String, until deadline: Duration) async
}
