internal import Ports
internal import Synchronization

/// Messages that wait for the bus: one table, in the order of their numbers within each shard.
/// Commits that have messages for one key write its root row, so that the order of their numbers is
/// that of the commits.
struct Outbox: Sendable {
  private let insert = PreparedText(
    """
    INSERT INTO outbox (shard, topic, key, headers, value) \
    SELECT shard, topic, key, headers, value \
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[]) WITH ORDINALITY \
    AS w(shard, topic, key, headers, value, place) ORDER BY place
    """)
  private let select = PreparedText(
    """
    SELECT id, topic, key, headers, value FROM outbox WHERE shard = $1::text \
    ORDER BY id LIMIT $2::bigint
    """)
  private let remove = PreparedText(
    "DELETE FROM outbox WHERE shard = $1::text AND id = ANY ($2::bigint[])")

  func appends(_ messages: [OutboxMessage]) -> [ServerCall] {
    guard !messages.isEmpty else { return [] }
    return [
      ServerCall(
        insert,
        [
          Parameter(array: messages.map { .text($0.shard) }, .text),
          Parameter(array: messages.map { .text($0.record.topic) }, .text),
          Parameter(array: messages.map { .text($0.record.key) }, .text),
          Parameter(array: messages.map { .bytes(HeaderCodec.encoded($0.record.headers)) }, .bytes),
          Parameter(array: messages.map { .bytes($0.record.value) }, .bytes),
        ])
    ]
  }

  func reading(_ shard: String, limit: Int) -> ServerCall {
    ServerCall(select, [Parameter(shard), Parameter(Int64(limit))])
  }

  func removing(_ shard: String, _ ids: [Int64]) -> ServerCall {
    ServerCall(
      remove, [Parameter(shard), Parameter(array: ids.map { .integer($0) }, .integer)])
  }

  func messages(
    _ answer: ServerAnswer, of shard: String
  ) throws(StoreError) -> [PendingMessage] {
    var messages: [PendingMessage] = []
    for row in 0..<answer.rowCount {
      let id = answer.integer(row, 0)
      guard let headers = HeaderCodec.decoded(answer.bytes(row, 3)) else {
        throw .refused("outbox message \(id) of shard \(shard) cannot be decoded")
      }
      messages.append(
        PendingMessage(
          id: id,
          record: BusRecord(
            topic: answer.text(row, 1), key: answer.text(row, 2), headers: headers,
            value: answer.bytes(row, 4))))
    }
    return messages
  }
}
