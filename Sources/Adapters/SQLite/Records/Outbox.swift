internal import Ports
internal import Synchronization

/// Messages that wait for the bus: one table, ordered by commit within each shard.
final class Outbox: Sendable {
  private struct State {
    var nextID: Int64
    /// Shards that were found empty, with nothing committed since.
    var empty: Set<String> = []
    /// Grows with every commit that has messages.
    var commits: UInt64 = 0
  }

  private let state: Mutex<State>

  /// Makes the table if need be. Ids go on from the highest that is still there: an acknowledgement
  /// never outlives the process that read the message.
  init(on connection: SQLiteConnection) throws(EngineError) {
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS _outbox (shard TEXT NOT NULL, id INTEGER NOT NULL, \
      topic TEXT NOT NULL, key TEXT NOT NULL, headers BLOB NOT NULL, value BLOB NOT NULL, \
      PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID
      """)
    let highest = try connection.number("SELECT max(id) FROM _outbox") ?? 0
    state = Mutex(State(nextID: highest + 1))
  }

  /// Appends within the open transaction.
  func append(
    _ messages: [OutboxMessage], on connection: SQLiteConnection
  ) throws(EngineError) {
    guard !messages.isEmpty else { return }
    // Ids of a transaction that fails are never used again: gaps do no harm.
    var id = state.withLock { state in
      defer { state.nextID += Int64(messages.count) }
      return state.nextID
    }
    for message in messages {
      let record = message.record
      try connection.run(
        "INSERT INTO _outbox (shard, id, topic, key, headers, value) VALUES (?, ?, ?, ?, ?, ?)",
        [
          .text(message.shard), .integer(id), .text(record.topic), .text(record.key),
          .bytes(HeaderCodec.encoded(record.headers)), .bytes(record.value),
        ])
      id += 1
    }
  }

  /// Tells that a commit with messages for these shards has happened.
  func committed(_ messages: [OutboxMessage]) {
    state.withLock { state in
      state.commits += 1
      for message in messages { state.empty.remove(message.shard) }
    }
  }

  /// Whether messages may wait in the shard.
  func mayHold(_ shard: String) -> Bool {
    state.withLock { !$0.empty.contains(shard) }
  }

  /// A mark to be given to `found` after reading.
  func mark() -> UInt64 { state.withLock(\.commits) }

  /// Remembers that the shard is empty, unless something was committed since the mark.
  func foundEmpty(_ shard: String, since mark: UInt64) {
    state.withLock { state in
      if state.commits == mark { state.empty.insert(shard) }
    }
  }

  static func read(
    _ shard: String, limit: Int, on connection: SQLiteConnection
  ) throws(EngineError) -> [PendingMessage] {
    var messages: [PendingMessage] = []
    var broken: Int64?
    try connection.run(
      "SELECT id, topic, key, headers, value FROM _outbox WHERE shard = ? ORDER BY id LIMIT ?",
      [.text(shard), .integer(Int64(limit))]
    ) { row in
      guard let headers = HeaderCodec.decoded(row.bytes(3)) else {
        broken = row.integer(0)
        return
      }
      messages.append(
        PendingMessage(
          id: row.integer(0),
          record: BusRecord(
            topic: row.text(1), key: row.text(2), headers: headers, value: row.bytes(4))))
    }
    if let broken { throw .refused("outbox message \(broken) of shard \(shard) cannot be decoded") }
    return messages
  }

  static func delete(
    _ shard: String, _ ids: [Int64], on connection: SQLiteConnection
  ) throws(EngineError) {
    for id in ids {
      try connection.run(
        "DELETE FROM _outbox WHERE shard = ? AND id = ?", [.text(shard), .integer(id)])
    }
  }
}
