import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing

private func record(_ key: String, _ number: Int, topic: String = "t") -> BusRecord {
  BusRecord(topic: topic, key: key, value: [UInt8]("\(number)".utf8))
}

private func number(_ delivery: BusDelivery) -> Int {
  Int(String(decoding: delivery.record.value, as: UTF8.self)) ?? -1
}

extension FakeBus {
  /// Publishes until it is acknowledged.
  fileprivate func insist(_ records: [BusRecord]) async {
    while (try? await publish(records)) == nil {}
  }
}

struct FakeBusTests {
  @Test(arguments: BusContract.cases)
  func `the fake keeps the contract of Bus`(_ promise: ContractCase<BusSubject>) throws {
    for (seed, faults) in [(1, .calm), (2, .slow), (3, .slow)] as [(UInt64, BusFaults)] {
      try Simulation.run(seed: seed) { world in
        let bus = FakeBus(
          world, topics: BusContract.topics + [BusContract.familyPrefix + "*"], faults: faults)
        try await promise.check(
          BusSubject(bus, time: world.here.time) { place, offset in
            bus.trim(place, before: offset)
          })
      }
    }
  }

  @Test func `records of a key keep their order and partition`() throws {
    try Simulation.run(seed: 1) { world in
      let bus = FakeBus(world, faults: .slow)
      for batch in 0..<10 {
        try await bus.publish((0..<5).map { record("key", batch * 5 + $0) })
      }
      let place = TopicPartition("t", Partitioning.partition(of: "key"))
      var (offset, seen) = (Int64(0), [Int]())
      while seen.count < 50 {
        let found = try await bus.fetch(
          [(place, offset)], recordsMax: 7, wait: .seconds(1))
        #expect(found.allSatisfy { $0.place == place && $0.offset >= offset })
        seen += found.map(number)
        offset = found.last.map { $0.offset + 1 } ?? offset
      }
      #expect(seen == Array(0..<50))
      let bounds = try await bus.bounds(place)
      #expect(bounds.earliest == 0)
      #expect(bounds.end >= offset)
    }
  }

  @Test func `a fetch waits for what comes, and not longer than asked`() throws {
    try Simulation.run(seed: 1) { world in
      let bus = FakeBus(world)
      let place = TopicPartition("t", Partitioning.partition(of: "a"))
      let begin = world.elapsed
      #expect(try await bus.fetch([(place, 0)], recordsMax: 1, wait: .seconds(2)).isEmpty)
      #expect(world.elapsed - begin == .seconds(2))
      world.here.spawner.spawn("late") {
        try? await world.here.time.sleep(for: .seconds(1))
        await bus.insist([record("a", 1)])
      }
      let found = try await bus.fetch([(place, 0)], recordsMax: 9, wait: .seconds(60))
      #expect(found.map(number) == [1])
      #expect(world.elapsed - begin < .seconds(4))
    }
  }

  @Test func `offsets that are gone are told apart from those to come`() throws {
    try Simulation.run(seed: 1) { world in
      let bus = FakeBus(world)
      bus.append((0..<5).map { record("a", $0) })
      let place = TopicPartition("t", Partitioning.partition(of: "a"))
      let before = try await bus.bounds(place)
      bus.trim(place, before: 3)
      await #expect(throws: BusError.offsetGone) {
        try await bus.fetch([(place, 2)], recordsMax: 1, wait: .zero)
      }
      #expect(
        try await bus.fetch([(place, 3)], recordsMax: 9, wait: .zero).map(number) == [3, 4])
      bus.recreate("t")
      let after = try await bus.bounds(place)
      #expect(after.incarnation != before.incarnation)
      #expect(after.end == 0)
      await #expect(throws: BusError.offsetGone) {
        try await bus.fetch([(place, 5)], recordsMax: 1, wait: .zero)
      }
    }
  }

  @Test func `what no bus takes is refused`() throws {
    try Simulation.run(seed: 1) { world in
      let bus = FakeBus(world, topics: ["t"])
      let bad = [
        record("a", 1, topic: "unknown"),
        BusRecord(topic: "t", key: "a", value: [UInt8](repeating: 0, count: (256 << 10) + 1)),
        BusRecord(topic: "t", key: "a", headers: [BusHeader("Upper", "")], value: []),
        BusRecord(
          topic: "t", key: "a", headers: [BusHeader("x", "1"), BusHeader("x", "2")], value: []),
      ]
      for record in bad {
        await #expect(throws: BusError.self) { try await bus.publish([record]) }
      }
      #expect(bus.records("t").isEmpty)
    }
  }

  @Test func `members share the partitions, and the rest takes over for who leaves`() throws {
    try Simulation.run(seed: 3) { world in
      let bus = FakeBus(world, faults: .slow)
      bus.append((0..<100).map { record("key\($0)", $0) })
      let first = try await bus.join(group: "g", member: "a", topics: ["t"])
      let second = try await bus.join(group: "g", member: "b", topics: ["t"])
      #expect(bus.assignments("g").map(\.places.count) == [6, 6])
      var seen: [Int] = []
      while let batch = try? await first.poll(recordsMax: 10, wait: .milliseconds(100)),
        !batch.isEmpty
      {
        seen += batch.map(number)
        try await first.commit(batch)
      }
      await first.leave()
      #expect(bus.assignments("g").map(\.places.count) == [12])
      while let batch = try? await second.poll(recordsMax: 10, wait: .milliseconds(100)),
        !batch.isEmpty
      {
        seen += batch.map(number)
        try await second.commit(batch)
      }
      #expect(seen.sorted() == Array(0..<100))
      await #expect(throws: BusError.fenced) {
        try await first.poll(recordsMax: 1, wait: .zero)
      }
    }
  }

  @Test func `what was not committed comes again to the next life of a member`() throws {
    try Simulation.run(seed: 1) { world in
      let bus = FakeBus(world)
      bus.append((0..<10).map { record("a", $0) })
      let first = try await bus.join(group: "g", member: "a", topics: ["t"])
      let batch = try await first.poll(recordsMax: 6, wait: .zero)
      try await first.commit(Array(batch.prefix(4)))
      let second = try await bus.join(group: "g", member: "a", topics: ["t"])
      await #expect(throws: BusError.fenced) { try await first.commit(batch) }
      #expect(try await second.poll(recordsMax: 99, wait: .zero).map(number) == [4, 5, 6, 7, 8, 9])
    }
  }

  @Test func `a member whose process died is put out, its partitions go on elsewhere`() throws {
    try Simulation.run(seed: 1) { world in
      let bus = FakeBus(world)
      let process = world.process("consumer")
      process.start { environment in
        let membership = try await bus.join(group: "g", member: "dead", topics: ["t"])
        while true { _ = try await membership.poll(recordsMax: 1, wait: .seconds(1)) }
      }
      let alive = try await bus.join(group: "g", member: "alive", topics: ["t"])
      world.here.spawner.spawn("alive") {
        while (try? await alive.poll(recordsMax: 1, wait: .seconds(1))) != nil {}
      }
      try await world.here.time.sleep(for: .seconds(30))
      #expect(bus.assignments("g").count == 2)
      process.kill()
      try await world.wait(for: "the eviction", within: .seconds(30)) {
        bus.assignments("g").count == 1
      }
    }
  }

  @Test func `a cancelled poll loses nothing`() throws {
    for seed in UInt64(1)...20 {
      try Simulation.run(seed: seed) { world in
        let bus = FakeBus(world, faults: .slow)
        bus.append((0..<20).map { record("a", $0) })
        let membership = try await bus.join(group: "g", member: "a", topics: ["t"])
        let seen = Mutex<[Int]>([])
        for step in 0..<40 {
          let task = world.here.spawner.spawn("poll") {
            guard let batch = try? await membership.poll(recordsMax: 3, wait: .seconds(1)) else {
              return
            }
            seen.withLock { $0 += batch.map(number) }
            try? await membership.commit(batch)
          }
          try await world.here.time.sleep(for: .microseconds(300 * step))
          task.cancel()
          try await world.here.time.sleep(for: .milliseconds(8))
        }
        #expect(Set(seen.withLock { $0 }) == Set(0..<20))
      }
    }
  }

  /// Goal: at least once, whatever the bus does. Method: publish until acknowledged, consume until
  /// committed, by two members that are killed at times, under every fault.
  @Test(arguments: UInt64(1)...15)
  func `a hostile bus delivers everything at least once, in the order of keys`(
    seed: UInt64
  ) throws {
    try Simulation.run(seed: seed) { world in
      let bus = FakeBus(world, faults: .hostile)
      let seen = Mutex<[BusDelivery]>([])
      for name in ["left", "right"] {
        let process = world.process(name)
        process.start { environment in
          while true {
            do {
              let membership = try await bus.join(group: "g", member: name, topics: ["t"])
              while true {
                let batch = try await membership.poll(recordsMax: 5, wait: .seconds(1))
                seen.withLock { $0 += batch }
                if !batch.isEmpty { try await membership.commit(batch) }
              }
            } catch {
              try await environment.time.sleep(for: .milliseconds(10))
            }
          }
        }
      }
      for step in 0..<40 {
        await bus.insist((0..<3).map { record("key\($0)", step) })
        if step % 10 == 5 {
          world.processes[1 + step / 10 % 2].restart(after: .milliseconds(500))
        }
      }
      try await world.wait(for: "all records", within: .seconds(300)) {
        let found = Set(seen.withLock { $0 }.map { "\($0.record.key) \(number($0))" })
        return found.count == 120
      }
      // In the log itself the first copies of a key's records are in order.
      for key in ["key0", "key1", "key2"] {
        var firsts: [Int] = []
        for delivery in bus.records("t") where delivery.record.key == key {
          if !firsts.contains(number(delivery)) { firsts.append(number(delivery)) }
        }
        #expect(firsts == Array(0..<40))
      }
      let offsets = seen.withLock { $0 }
      #expect(offsets.count >= 120)
    }
  }

  @Test func `a hostile bus is deterministic`() throws {
    try Simulation.checkDeterminism(seed: 11) { world in
      let bus = FakeBus(world, faults: .hostile)
      for step in 0..<20 { await bus.insist([record("key\(step % 3)", step)]) }
      let membership = try? await bus.join(group: "g", member: "a", topics: ["t"])
      for _ in 0..<30 { _ = try? await membership?.poll(recordsMax: 3, wait: .milliseconds(50)) }
    }
  }
}
