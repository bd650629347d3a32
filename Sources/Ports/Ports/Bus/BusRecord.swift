public import Domain

/// A message on a topic. Records with the same key keep their order.
public struct BusRecord: Hashable, Sendable {
  public var topic: String
  public var key: String
  /// Names are lower case; a name may occur once.
  public var headers: [BusHeader]
  /// At most 256 KiB.
  public var value: [UInt8]

  public init(topic: String, key: String, headers: [BusHeader] = [], value: [UInt8]) {
    self.topic = topic
    self.key = key
    self.headers = headers
    self.value = value
  }

  public func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }
}

public struct BusHeader: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// One partition of a topic.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var topic: String
  public var partition: Int

  public init(_ topic: String, _ partition: Int) {
    self.topic = topic
    self.partition = partition
  }

  public var description: String { "\(topic)/\(partition)" }

  public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
    (left.topic, left.partition) < (right.topic, right.partition)
  }
}

/// A record with its place in the log. Offsets grow and may have gaps.
public struct BusDelivery: Hashable, Sendable {
  public var place: TopicPartition
  public var offset: Int64
  public var record: BusRecord
  /// When the broker or producer stamped it; for people, not for order.
  public var stampedAt: Moment

  public init(place: TopicPartition, offset: Int64, record: BusRecord, stampedAt: Moment) {
    self.place = place
    self.offset = offset
    self.record = record
    self.stampedAt = stampedAt
  }
}

/// What a partition's log holds now.
public struct LogBounds: Hashable, Sendable {
  /// Changes when the log was made anew: offsets of another incarnation mean nothing.
  public var incarnation: String
  /// The first offset that can be read.
  public var earliest: Int64
  /// The offset that the next record will have at least.
  public var end: Int64

  public init(incarnation: String, earliest: Int64, end: Int64) {
    self.incarnation = incarnation
    self.earliest = earliest
    self.end = end
  }
}

/// The partitioning of every topic: which partition a key belongs to. One function for producers,
/// owners and fakes, so that records of one run meet at one owner.
public enum Partitioning {
  /// The same everywhere; changing it breaks the order of keys.
  public static let partitionsPerTopic = 12

  public static func partition(of key: String) -> Int {
    var hash = StableHash()
    hash.combine(key)
    return Int(hash.value % UInt64(partitionsPerTopic))
  }
}
