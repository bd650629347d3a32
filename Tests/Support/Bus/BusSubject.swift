internal import Domain
public import Ports

/// What the cases of `BusContract` need: a fresh bus with the topics of `BusContract`, whose faults
/// are off.
public struct BusSubject: Sendable {
  public var bus: any Bus
  /// The clock that the bus waits by.
  public var time: any Time
  /// Deletes the records of a partition below an offset, as retention does.
  public var trim: @Sendable (TopicPartition, _ below: Int64) async throws -> Void

  public init(
    _ bus: any Bus, time: any Time,
    trim: @escaping @Sendable (TopicPartition, _ below: Int64) async throws -> Void
  ) {
    self.bus = bus
    self.time = time
    self.trim = trim
  }
}

extension BusSubject {
  /// Long enough for every wait that is going to end.
  static let patience = Duration.seconds(60)

  func record(
    _ text: String, key: String = "k", topic: String = BusContract.topic
  ) -> BusRecord {
    BusRecord(topic: topic, key: key, value: [UInt8](text.utf8))
  }

  func publish(
    _ texts: [String], key: String = "k", topic: String = BusContract.topic
  ) async throws {
    try await bus.publish(texts.map { record($0, key: key, topic: topic) })
  }

  func place(of key: String = "k", in topic: String = BusContract.topic) -> TopicPartition {
    TopicPartition(topic, Partitioning.partition(of: key))
  }

  /// Everything that a place holds, read by offsets.
  func everything(at place: TopicPartition) async throws -> [BusDelivery] {
    var all: [BusDelivery] = []
    var offset = try await bus.bounds(place).earliest
    while true {
      let more = try await bus.fetch([(place, offset)], recordsMax: 7, wait: .zero)
      guard let last = more.last else { return all }
      all += more
      offset = last.offset + 1
    }
  }

  /// Polls until `isEnough`, or throws when that takes too long.
  func poll(
    _ member: any BusMembership, until isEnough: ([BusDelivery]) -> Bool
  ) async throws -> [BusDelivery] {
    let deadline = time.uptime() + BusSubject.patience
    var all: [BusDelivery] = []
    while !isEnough(all) {
      try expect(time.uptime() < deadline, "only \(all.count) records came: \(all.texts)")
      all += try await member.poll(recordsMax: 5, wait: .milliseconds(50))
    }
    return all
  }

  /// Throws unless nothing comes within several polls.
  func expectNothing(_ member: any BusMembership) async throws {
    for _ in 0..<3 {
      let more = try await member.poll(recordsMax: 5, wait: .milliseconds(5))
      try expect(more.isEmpty, "\(more.texts) came again")
    }
  }

  /// Throws unless `body` ends well before its wait of `patience`.
  func expectPrompt<Answer>(
    _ what: String, _ body: () async throws -> Answer
  ) async throws -> Answer {
    let start = time.uptime()
    let answer = try await body()
    try expect(time.uptime() - start < BusSubject.patience / 2, "\(what) was not woken")
    return answer
  }
}

extension [BusDelivery] {
  /// The values as text.
  var texts: [String] { map { String(decoding: $0.record.value, as: UTF8.self) } }

  /// Each text once, in the order of its first delivery.
  var firstTexts: [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }
}

extension BusError {
  var isRefusal: Bool {
    if case .refused = self { return true }
    return false
  }
}
