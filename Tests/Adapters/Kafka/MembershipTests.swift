import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import KafkaAdapter

/// Members of several processes: each has a bus of its own.
@Suite struct MembershipTests {
  private static let topic = BusContract.topic

  private func received(
    _ member: any BusMembership, _ count: Int
  ) async throws -> [String] {
    var texts: [String] = []
    let deadline = TestBroker.time.uptime() + .seconds(60)
    while Set(texts).count < count, TestBroker.time.uptime() < deadline {
      texts += try await member.poll(recordsMax: 100, wait: .milliseconds(200))
        .map { String(decoding: $0.record.value, as: UTF8.self) }
    }
    return Set(texts).sorted()
  }

  @Test func `who starts again under its name goes on at once where it was`() async throws {
    try await TestBroker.with(.noida) { broker in
      let second = try await broker.another()
      try await broker.names.publish(["a", "b", "c"].map(Self.record))
      let old = try await broker.names.join(group: "g", member: "m", topics: [Self.topic])
      var seen: [BusDelivery] = []
      while seen.count < 3 { seen += try await old.poll(recordsMax: 3, wait: .seconds(1)) }
      try await old.commit([seen[0]])
      // Killed: nobody says that it goes.
      await broker.bus.close()
      let new = try await second.names.join(group: "g", member: "m", topics: [Self.topic])
      #expect(try await received(new, 2) == ["b", "c"])
      await second.close()
    }
  }

  @Test func `the broker fences a member whose name is taken by another process`() async throws {
    try await TestBroker.with(.noida) { broker in
      let second = try await broker.another()
      let old = try await broker.names.join(group: "g", member: "m", topics: [Self.topic])
      try await broker.names.publish(["a"].map(Self.record))
      #expect(try await received(old, 1) == ["a"])
      let new = try await second.names.join(group: "g", member: "m", topics: [Self.topic])
      #expect(try await received(new, 1) == ["a"])
      let outcome: BusError? = await {
        let deadline = TestBroker.time.uptime() + .seconds(60)
        while TestBroker.time.uptime() < deadline {
          do throws(BusError) {
            _ = try await old.poll(recordsMax: 1, wait: .milliseconds(200))
          } catch {
            return error
          }
        }
        return nil
      }()
      #expect(outcome == .fenced)
      await second.close()
    }
  }

  @Test func `the partitions of a member that was killed go to another`() async throws {
    try await TestBroker.with(.tansu) {
      $0.hasStaticMembers = false
    } _: { broker in
      let second = try await broker.another()
      try await broker.names.publish(["a", "b"].map(Self.record))
      let old = try await broker.names.join(group: "g", member: "m", topics: [Self.topic])
      #expect(try await received(old, 2) == ["a", "b"])
      await broker.bus.close()
      let new = try await second.names.join(group: "g", member: "n", topics: [Self.topic])
      #expect(try await received(new, 2) == ["a", "b"])
      await second.close()
    }
  }

  /// Goal: what is read ahead is limited, and nothing is lost by it.
  @Test func `a slow reader gets everything once, in order`() async throws {
    try await TestBroker.with(.noida) {
      $0.readAheadBytesMax = 64 << 10
    } _: { broker in
      let place = TopicPartition(Self.topic, Partitioning.partition(of: "k"))
      for part in 0..<20 {
        try await broker.names.publish(
          (0..<200).map { number in
            BusRecord(
              topic: Self.topic, key: "k",
              value: [UInt8]("\(part * 200 + number)".utf8) + [UInt8](repeating: 32, count: 1_000))
          })
      }
      var next: Int64 = 0
      var wrong = 0
      while next < 4_000 {
        let some = try await broker.names.fetch(
          [(place, next)], recordsMax: 37, wait: .seconds(10))
        try #require(!some.isEmpty)
        for delivery in some {
          let number = Int64(
            String(decoding: delivery.record.value, as: UTF8.self).split(separator: " ")[0])
          if number != next || delivery.offset != next { wrong += 1 }
          next = delivery.offset + 1
        }
      }
      #expect(wrong == 0)
    }
  }

  private static func record(_ text: String) -> BusRecord {
    BusRecord(topic: topic, key: "k", value: [UInt8](text.utf8))
  }
}
