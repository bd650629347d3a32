internal import Domain
internal import Ports

/// The messages that wait for their pump, in the order of their commits.
struct OutboxContent {
  private var shards: SortedMap<String, [PendingMessage]> = [:]

  var shardNames: [String] { shards.keys }

  mutating func add(_ message: OutboxMessage, id: Int64) {
    shards[message.shard, default: []].append(PendingMessage(id: id, record: message.record))
  }

  func messages(of shard: String) -> [PendingMessage] {
    shards[shard] ?? []
  }

  mutating func acknowledge(_ shard: String, _ ids: [Int64]) {
    let gone = SortedSet(ids)
    shards.update(shard) { messages in messages.removeAll { gone.contains($0.id) } }
    if shards[shard]?.isEmpty == true { shards.removeValue(for: shard) }
  }
}
