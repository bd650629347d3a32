import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import ServiceKit

/// How long messages wait for a broker that takes none.
struct OutboxAgeTests {
  private func age(_ world: SimulatedWorld) -> Duration? {
    world.telemetry.gauges.compactMap { gauge -> Duration? in
      if case .length(let length) = gauge.value { length } else { nil }
    }.first
  }

  @Test func `an outbox that nobody empties grows old, and is young again once it is`() throws {
    try Simulation.run(seed: 1) { world in
      let store = try FakeRecordStore(world, tables: [])
      let bus = FakeBus(world)
      bus.faults.unavailable = .percent(100)
      world.process("pump").start { environment in
        await OutboxPump(
          shard: "one", store: store, bus: bus, context: environment.service
        ).run()
      }
      try await world.here.time.sleep(for: .seconds(100))
      let message = OutboxMessage(
        shard: "one", record: BusRecord(topic: "events", key: "a", value: [1]))
      try store.write(RecordBatch(messages: [message]))
      try await world.wait(for: "an age", within: .seconds(60)) {
        age(world) ?? .zero > .seconds(10)
      }
      #expect(age(world) ?? .zero < .seconds(20), "what waited before it was written")
      bus.faults = BusFaults()
      try await world.wait(for: "none", within: .seconds(10)) { age(world) == .zero }
      #expect(store.outbox(shard: "one").isEmpty)
    }
  }
}
