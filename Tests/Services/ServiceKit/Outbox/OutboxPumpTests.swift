import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import ServiceKit

struct OutboxPumpTests {
  private static func message(
    _ key: String, _ number: Int, topic: String = "events", shard: String = "one"
  ) -> OutboxMessage {
    OutboxMessage(
      shard: shard,
      record: BusRecord(topic: topic, key: key, value: Array("\(number)".utf8)))
  }

  private static func start(
    _ process: SimulatedProcess, _ store: FakeRecordStore, _ bus: FakeBus, shard: String = "one"
  ) {
    process.start { environment in
      await OutboxPump(shard: shard, store: store, bus: bus, context: environment.service).run()
    }
  }

  /// The numbers of a key as a consumer sees them, without those that it has seen before.
  private static func numbers(_ bus: FakeBus, _ key: String) -> [Int] {
    var seen: [Int] = []
    for delivery in bus.records("events") where delivery.record.key == key {
      let number = Int(String(decoding: delivery.record.value, as: UTF8.self)) ?? -1
      if !seen.contains(number) { seen.append(number) }
    }
    return seen
  }

  @Test func `a commit wakes it, and what was published is deleted`() throws {
    try Simulation.run(seed: 1) { world in
      let store = try FakeRecordStore(world, tables: [])
      let bus = FakeBus(world)
      Self.start(world.process("pump"), store, bus)
      try await world.here.time.sleep(for: .seconds(30.5))
      try store.write(RecordBatch(messages: [Self.message("a", 1), Self.message("a", 2)]))
      try await world.wait(for: "both", within: .milliseconds(50)) {
        Self.numbers(bus, "a") == [1, 2] && store.outbox(shard: "one").isEmpty
      }
      try await world.here.time.sleep(for: .seconds(60))
      #expect(bus.records("events").count == 2)
    }
  }

  @Test func `it leaves other shards alone`() throws {
    try Simulation.run(seed: 2) { world in
      let store = try FakeRecordStore(world, tables: [])
      let bus = FakeBus(world)
      Self.start(world.process("pump"), store, bus)
      try store.write(
        RecordBatch(messages: [Self.message("a", 1, shard: "two"), Self.message("b", 1)]))
      try await world.wait(for: "its own", within: .seconds(5)) { Self.numbers(bus, "b") == [1] }
      try await world.here.time.sleep(for: .seconds(60))
      #expect(Self.numbers(bus, "a") == [])
      #expect(store.outbox(shard: "two").count == 1)
    }
  }

  /// Goal: nothing is lost and no key's order is broken, whatever happens in between.
  /// Method: commits of several keys while store and bus do their worst and the pump dies again and
  /// again, between publishing and deleting as well.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `everything arrives, in the order of each key, under all faults`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let store = try FakeRecordStore(world, tables: [], faults: .hostile)
      let bus = FakeBus(world, faults: .hostile)
      let pump = world.process("pump")
      Self.start(pump, store, bus)
      let keys = ["a", "b", "c"]
      for number in 1...40 {
        try store.write(
          RecordBatch(messages: keys.map { Self.message($0, number) }))
        if number % 7 == 0 { pump.restart(after: .milliseconds(number * 10)) }
        try await world.here.time.sleep(for: .milliseconds(number % 5 * 20))
      }
      store.faults = .slow
      bus.faults = .slow
      try await world.wait(for: "an empty outbox", within: .seconds(120)) {
        store.outbox(shard: "one").isEmpty
      }
      for key in keys { #expect(Self.numbers(bus, key) == Array(1...40), "\(key)") }
    }
  }

  @Test func `a pump that dies between publishing and deleting publishes twice, never not`() throws
  {
    try Simulation.run(seed: 3) { world in
      let store = try FakeRecordStore(world, tables: [])
      var faults = BusFaults.calm
      faults.answerLatency = .milliseconds(20)...(.milliseconds(20))
      let bus = FakeBus(world, faults: faults)
      try store.write(RecordBatch(messages: [Self.message("a", 1)]))
      let pump = world.process("pump")
      Self.start(pump, store, bus)
      try await world.wait(for: "the publication", within: .seconds(5), every: .milliseconds(1)) {
        bus.records("events").count == 1
      }
      #expect(store.outbox(shard: "one").count == 1)
      pump.restart()
      try await world.wait(for: "the deletion", within: .seconds(5)) {
        store.outbox(shard: "one").isEmpty
      }
      #expect(bus.records("events").count == 2)
    }
  }

  @Test func `when nobody knows whether it was published it is published again`() throws {
    try Simulation.run(seed: 4) { world in
      let store = try FakeRecordStore(world, tables: [])
      var faults = BusFaults.calm
      faults.publishLostAfter = .always
      let bus = FakeBus(world, faults: faults)
      try store.write(RecordBatch(messages: [Self.message("a", 1), Self.message("a", 2)]))
      Self.start(world.process("pump"), store, bus)
      try await world.wait(for: "a second try", within: .seconds(5)) {
        bus.records("events").count >= 4
      }
      #expect(store.outbox(shard: "one").count == 2)
      bus.faults = .calm
      try await world.wait(for: "the deletion", within: .seconds(5)) {
        store.outbox(shard: "one").isEmpty
      }
      #expect(Self.numbers(bus, "a") == [1, 2])
    }
  }

  @Test func `two pumps of one shard lose nothing and break no order`() throws {
    try Simulation.run(seed: 5) { world in
      let store = try FakeRecordStore(world, tables: [], faults: .slow)
      let bus = FakeBus(world, faults: .slow)
      for name in ["left", "right"] { Self.start(world.process(name), store, bus) }
      for number in 1...50 {
        try store.write(RecordBatch(messages: [Self.message("a", number)]))
        try await world.here.time.sleep(for: .milliseconds(3))
      }
      try await world.wait(for: "an empty outbox", within: .seconds(30)) {
        store.outbox(shard: "one").isEmpty
      }
      #expect(Self.numbers(bus, "a") == Array(1...50))
    }
  }

  /// Goal: one message that the bus will never take does not keep the others.
  /// Method: a topic that does not exist, among messages of the same key and of others.
  @Test func `a refused message holds back its own key, is told of and never dropped`() throws {
    try Simulation.run(seed: 6) { world in
      let store = try FakeRecordStore(world, tables: [])
      let bus = FakeBus(world, topics: ["events"])
      try store.write(
        RecordBatch(messages: [
          Self.message("a", 1), Self.message("a", 2, topic: "nowhere"), Self.message("a", 3),
          Self.message("b", 1), Self.message("c", 1),
        ]))
      Self.start(world.process("pump"), store, bus)
      try await world.wait(for: "the others", within: .seconds(5)) {
        Self.numbers(bus, "b") == [1] && Self.numbers(bus, "c") == [1]
      }
      try store.write(RecordBatch(messages: [Self.message("b", 2)]))
      try await world.wait(for: "what came later", within: .seconds(5)) {
        Self.numbers(bus, "b") == [1, 2]
      }
      #expect(Self.numbers(bus, "a") == [1])
      #expect(store.outbox(shard: "one").map(\.record.key) == ["a", "a"])
      let complaint = try #require(
        world.telemetry.logs(atLeast: .error).first { $0.name == "outbox.refused" })
      #expect(complaint.field("topic") == "nowhere")
    }
  }
}
