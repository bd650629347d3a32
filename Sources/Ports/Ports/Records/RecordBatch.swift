/// Everything that one commit writes and relies on. A key occurs once in a batch.
public struct RecordBatch: Hashable, Sendable {
  public enum Change: Hashable, Sendable {
    /// The key must be absent.
    case insert(Row)
    /// The row must be there with this version.
    case update(Row, over: CommitID)
    /// The row must be there with this version.
    case delete(key: [RecordValue], over: CommitID)
    /// Read, relied upon and not written: the row must still have this version at the commit.
    case `guard`(key: [RecordValue], at: CommitID)

    public var key: [RecordValue] {
      switch self {
      case .insert(let row), .update(let row, _): row.key
      case .delete(let key, _), .guard(let key, _): key
      }
    }
  }

  public struct Entry: Hashable, Sendable {
    public var table: String
    public var change: Change

    public init(table: String, _ change: Change) {
      self.table = table
      self.change = change
    }
  }

  public var entries: [Entry]
  /// Published after the commit, at least once, in the order given for each key.
  public var messages: [OutboxMessage]

  public init(entries: [Entry] = [], messages: [OutboxMessage] = []) {
    self.entries = entries
    self.messages = messages
  }

  public var isEmpty: Bool { entries.isEmpty && messages.isEmpty }
}

/// A bus record that waits in the store until the bus has acknowledged it.
public struct OutboxMessage: Hashable, Sendable {
  /// Which pump sends it; each shard has one pump.
  public var shard: String
  public var record: BusRecord

  public init(shard: String, record: BusRecord) {
    self.shard = shard
    self.record = record
  }
}

/// An outbox message with its place, for the pump.
public struct PendingMessage: Hashable, Sendable {
  public var id: Int64
  public var record: BusRecord

  public init(id: Int64, record: BusRecord) {
    self.id = id
    self.record = record
  }
}
