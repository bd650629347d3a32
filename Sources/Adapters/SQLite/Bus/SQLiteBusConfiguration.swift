public import Ports

/// Limits of the embedded bus.
public struct SQLiteBusConfiguration: Hashable, Sendable {
  public var topics: [TopicDeclaration]
  /// Topics that may exist, members of families included.
  public var topicsMax: Int = 2_000
  /// Records of one `fetch` or `poll`, whatever the caller asks for.
  public var deliveriesMax: Int = 10_000
  /// Bytes of one `fetch` or `poll`; a record alone may be larger.
  public var deliveriesBytesMax: Int = 8 << 20
  /// Bytes of the newest records of each partition that are kept in memory.
  public var tailBytesMax: Int = 128 << 10
  /// Records that one transaction of `publish` or of the sweep touches.
  public var recordsPerWriteMax: Int = 1_000
  /// Bytes that one transaction of `publish` writes.
  public var bytesPerWriteMax: Int = 4 << 20
  /// Members of one consumer group.
  public var membersMax: Int = 1_000
  /// Records older than this are deleted, read or not.
  public var retainFor: Duration = .seconds(7 * 24 * 3_600)
  /// Records that a partition keeps; older ones are deleted, read or not.
  public var retainRecordsMax: Int64 = 1_000_000
  /// Between two sweeps.
  public var sweepEvery: Duration = .seconds(60)

  public init(topics: [TopicDeclaration]) {
    self.topics = topics
  }
}
