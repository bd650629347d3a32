internal import Domain
internal import Ports

/// The tables of the bus and the statements on them.
enum LogTables {
  /// A topic with what its partitions hold.
  struct StoredTopic: Sendable {
    let id: Int64
    let name: String
    let incarnation: String
    var bounds: [(earliest: Int64, end: Int64)]
  }

  static func prepare(on connection: SQLiteConnection) throws(EngineError) {
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS _bus_topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, \
      incarnation TEXT NOT NULL) STRICT
      """)
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS _bus_log (topic INTEGER NOT NULL, partition INTEGER NOT NULL, \
      position INTEGER NOT NULL, stamped INTEGER NOT NULL, key TEXT NOT NULL, \
      headers BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (topic, partition, position)) \
      STRICT, WITHOUT ROWID
      """)
    // Where a log begins once its first records are deleted, and ends when all are.
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS _bus_floor (topic INTEGER NOT NULL, partition INTEGER NOT NULL, \
      position INTEGER NOT NULL, PRIMARY KEY (topic, partition)) STRICT, WITHOUT ROWID
      """)
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS _bus_offset (consumers TEXT NOT NULL, topic INTEGER NOT NULL, \
      partition INTEGER NOT NULL, position INTEGER NOT NULL, \
      PRIMARY KEY (consumers, topic, partition)) STRICT, WITHOUT ROWID
      """)
  }

  static func topics(on connection: SQLiteConnection) throws(EngineError) -> [StoredTopic] {
    try topics("", [], on: connection)
  }

  /// The topic of that name; made with this incarnation if it is not there.
  static func topic(
    _ name: String, incarnation: String, topicsMax: Int, on connection: SQLiteConnection
  ) throws(EngineError) -> StoredTopic {
    if let stored = try topics(" WHERE name = ?", [.text(name)], on: connection).first {
      return stored
    }
    let count = try connection.number("SELECT count(*) FROM _bus_topic") ?? 0
    guard count < Int64(topicsMax) else {
      throw .refused("topic \(name) would be more than the \(topicsMax) that this bus may have")
    }
    try connection.run(
      "INSERT INTO _bus_topic (name, incarnation) VALUES (?, ?)",
      [.text(name), .text(incarnation)])
    return try topic(
      name, incarnation: incarnation, topicsMax: topicsMax, on: connection)
  }

  private static func topics(
    _ filter: String, _ values: [RecordValue], on connection: SQLiteConnection
  ) throws(EngineError) -> [StoredTopic] {
    var topics: [StoredTopic] = []
    try connection.run(
      "SELECT id, name, incarnation FROM _bus_topic\(filter) ORDER BY id", values
    ) { row in
      topics.append(
        StoredTopic(
          id: row.integer(0), name: row.text(1), incarnation: row.text(2), bounds: []))
    }
    for index in topics.indices {
      for partition in 0..<Partitioning.partitionsPerTopic {
        topics[index].bounds.append(try bounds(topics[index].id, partition, on: connection))
      }
    }
    return topics
  }

  static func append(
    _ delivery: BusDelivery, topic: Int64, on connection: SQLiteConnection
  ) throws(EngineError) {
    try connection.run(
      """
      INSERT INTO _bus_log (topic, partition, position, stamped, key, headers, value) \
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .integer(topic), .integer(Int64(delivery.place.partition)), .integer(delivery.offset),
        .integer(delivery.stampedAt.microseconds), .text(delivery.record.key),
        .bytes(HeaderCodec.encoded(delivery.record.headers)), .bytes(delivery.record.value),
      ])
  }

  /// Records at and beyond the offset, at most `max`, within about `bytesMax` bytes.
  static func records(
    _ log: PartitionLog, from offset: Int64, max: Int, bytesMax: Int,
    on connection: SQLiteConnection
  ) throws(EngineError) -> [BusDelivery] {
    var records: [BusDelivery] = []
    var bytes = 0
    var damaged: Int64?
    // The limit of bytes holds across statements, so that no read brings in what nobody takes.
    try connection.run(
      """
      SELECT position, stamped, key, headers, value FROM _bus_log \
      WHERE topic = ? AND partition = ? AND position >= ? ORDER BY position LIMIT ?
      """,
      [
        .integer(log.topic), .integer(Int64(log.place.partition)), .integer(offset),
        .integer(Int64(max)),
      ]
    ) { row in
      guard bytes <= bytesMax, damaged == nil else { return }
      guard let headers = HeaderCodec.decoded(row.bytes(3)) else {
        damaged = row.integer(0)
        return
      }
      let record = BusRecord(
        topic: log.place.topic, key: row.text(2), headers: headers, value: row.bytes(4))
      bytes += BusRules.weight(record)
      if bytes > bytesMax, !records.isEmpty { return }
      records.append(
        BusDelivery(
          place: log.place, offset: row.integer(0), record: record,
          stampedAt: Moment(microseconds: row.integer(1))))
    }
    if let damaged, records.isEmpty {
      throw .refused("the record at \(log.place) offset \(damaged) cannot be decoded")
    }
    return records
  }

  static func offsets(
    of group: String, on connection: SQLiteConnection
  ) throws(EngineError) -> [TopicPartition: Int64] {
    var offsets: [TopicPartition: Int64] = [:]
    try connection.run(
      """
      SELECT name, partition, position FROM _bus_offset JOIN _bus_topic ON id = topic \
      WHERE consumers = ?
      """, [.text(group)]
    ) { row in
      offsets[TopicPartition(row.text(0), Int(row.integer(1)))] = row.integer(2)
    }
    return offsets
  }

  /// Offsets only grow: a member that lost a partition may still say what it has done.
  static func store(
    _ offset: Int64, _ log: PartitionLog, of group: String, on connection: SQLiteConnection
  ) throws(EngineError) {
    try connection.run(
      """
      INSERT INTO _bus_offset (consumers, topic, partition, position) VALUES (?, ?, ?, ?) \
      ON CONFLICT (consumers, topic, partition) \
      DO UPDATE SET position = max(position, excluded.position)
      """,
      [
        .text(group), .integer(log.topic), .integer(Int64(log.place.partition)),
        .integer(offset),
      ])
  }

  /// The first record that was stamped at or after the instant; nil when all are older.
  static func firstPosition(
    _ log: PartitionLog, stampedFrom instant: Moment, on connection: SQLiteConnection
  ) throws(EngineError) -> Int64? {
    try connection.number(
      """
      SELECT position FROM _bus_log WHERE topic = ? AND partition = ? AND stamped >= ? \
      ORDER BY position LIMIT 1
      """,
      [
        .integer(log.topic), .integer(Int64(log.place.partition)),
        .integer(instant.microseconds),
      ])
  }

  static func delete(
    _ log: PartitionLog, below position: Int64, on connection: SQLiteConnection
  ) throws(EngineError) {
    let place: [RecordValue] = [
      .integer(log.topic), .integer(Int64(log.place.partition)), .integer(position),
    ]
    try connection.run(
      "DELETE FROM _bus_log WHERE topic = ? AND partition = ? AND position < ?", place)
    try connection.run(
      """
      INSERT INTO _bus_floor (topic, partition, position) VALUES (?, ?, ?) \
      ON CONFLICT (topic, partition) DO UPDATE SET position = excluded.position
      """, place)
  }

  private static func bounds(
    _ topic: Int64, _ partition: Int, on connection: SQLiteConnection
  ) throws(EngineError) -> (earliest: Int64, end: Int64) {
    let place: [RecordValue] = [.integer(topic), .integer(Int64(partition))]
    let floor =
      try connection.number(
        "SELECT position FROM _bus_floor WHERE topic = ? AND partition = ?", place) ?? 0
    let last = try connection.number(
      "SELECT max(position) FROM _bus_log WHERE topic = ? AND partition = ?", place)
    return (floor, max(floor, last.map { $0 + 1 } ?? 0))
  }
}
