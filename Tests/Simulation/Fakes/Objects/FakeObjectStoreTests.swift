import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

struct FakeObjectStoreTests {
  @Test(arguments: ObjectStoreContract.cases)
  func `the fake keeps the contract of ObjectStore`(
    _ promise: ContractCase<ObjectStoreSubject>
  ) throws {
    for (seed, faults) in [(1, .calm), (2, .slow), (3, .slow)] as [(UInt64, ObjectStoreFaults)] {
      try Simulation.run(seed: seed) { world in
        let store = FakeObjectStore(world, faults: faults)
        try await promise.check(ObjectStoreSubject(store, digest: FakeDigest()))
      }
    }
  }

  /// Goal: each of the three points at which an answer can be lost is reached.
  @Test func `an unknown put was carried out, was not, or is carried out later`() throws {
    func stored(_ change: @escaping @Sendable (inout ObjectStoreFaults) -> Void, seed: UInt64)
      throws -> (now: Bool, later: Bool)
    {
      try Simulation.run(seed: seed) { world in
        let store = FakeObjectStore(world)
        change(&store.faults)
        await #expect(throws: ObjectError.outcomeUnknown) {
          try await store.put("a", [1], contentType: "t", ifAbsent: false)
        }
        store.faults = .calm
        let now = !store.keys.isEmpty
        try await world.here.time.sleep(for: .seconds(10))
        return (now, !store.keys.isEmpty)
      }
    }
    #expect(try stored({ $0.unknownNotApplied = .always }, seed: 1) == (false, false))
    #expect(try stored({ $0.unknownApplied = .always }, seed: 1) == (true, true))
    let late = try (1...20).map { try stored({ $0.unknownLater = .always }, seed: $0) }
    #expect(late.allSatisfy { !$0.now })
    #expect((8..<20).contains(late.count { $0.later }))
  }

  @Test func `what comes late may undo what came after it`() throws {
    var resurrected = 0
    for seed in UInt64(1)...20 {
      resurrected += try Simulation.run(seed: seed) { world in
        let store = FakeObjectStore(world)
        store.faults.unknownLater = .always
        _ = try? await store.put("a", [1], contentType: "t", ifAbsent: false)
        store.faults = .calm
        try await store.delete("a")
        try await world.here.time.sleep(for: .seconds(10))
        return store.keys.count
      }
    }
    #expect((8..<20).contains(resurrected))
  }

  @Test func `an upload whose start was lost stays open`() throws {
    try Simulation.run(seed: 1) { world in
      let store = FakeObjectStore(world)
      store.faults.unknownApplied = .always
      await #expect(throws: ObjectError.outcomeUnknown) {
        try await store.startUpload("a", contentType: "t")
      }
      #expect(store.openUploads.count == 1)
      #expect(store.keys == [])
    }
  }

  @Test func `damage is found by whole reads and not by ranges`() throws {
    try Simulation.run(seed: 1) { world in
      let store = FakeObjectStore(world)
      try await store.put("a", [1, 2, 3], contentType: "t", ifAbsent: false)
      #expect(store.damage("a", at: 1))
      await #expect(throws: ObjectError.conflict("the content of a is damaged")) {
        try await store.get("a", nil)
      }
      #expect(try await store.get("a", 0..<3) == [1, 2 ^ 0x40, 3])
    }
  }

  @Test func `bodies are cut, slow and damaged on their way`() throws {
    try Simulation.run(seed: 1) { world in
      let store = FakeObjectStore(world)
      let time = world.here.time
      try await store.put("a", [1, 2, 3], contentType: "t", ifAbsent: false)
      store.faults.cutBody = .always
      await #expect(throws: ObjectError.unavailable("the body ended before its time")) {
        try await store.get("a", 0..<2)
      }
      store.faults = .calm
      store.faults.damagedRange = .always
      #expect(try await store.get("a", 0..<3) != [1, 2, 3])
      #expect(try await store.get("a", nil) == [1, 2, 3])
      store.faults = .calm
      store.faults.slowBody = .always
      store.faults.slowBodyLatency = .seconds(7)...(.seconds(7))
      let begun = time.uptime()
      _ = try await store.get("a", nil)
      #expect(time.uptime() - begun >= .seconds(7))
    }
  }

  @Test func `pages that are short and in disorder hide nothing`() throws {
    try Simulation.run(seed: 1) { world in
      let store = FakeObjectStore(world)
      for number in 0..<200 {
        try await store.put("key/\(number)", [1], contentType: "t", ifAbsent: false)
      }
      store.faults.shortens = .percent(90)
      var pages: [[String]] = []
      var cursor: String?
      repeat {
        let page = try await store.keys(limit: 5, cursor: cursor)
        pages.append(page.keys)
        cursor = page.next
      } while cursor != nil
      let listed = pages.flatMap(\.self)
      #expect(listed.sorted() == store.keys)
      #expect(listed != store.keys)
      #expect(pages.dropLast().contains { $0.isEmpty })
      #expect(world.probes.reached["objects.short-page"] != nil)
      #expect(store.lookCount == 0)
    }
  }

  @Test func `a cursor that no page has is refused`() throws {
    try Simulation.run(seed: 1) { world in
      let store = FakeObjectStore(world)
      await #expect(
        throws: ObjectError.refused("the cursor a is of no page: list from the beginning")
      ) {
        try await store.keys(limit: 1, cursor: "a")
      }
    }
  }

  @Test func `a store that is down refuses everything and comes back`() throws {
    try Simulation.run(seed: 1) { world in
      let store = FakeObjectStore(world)
      store.faults.isDown = true
      await #expect(throws: ObjectError.self) {
        try await store.put("a", [1], contentType: "t", ifAbsent: false)
      }
      await #expect(throws: ObjectError.self) { try await store.head("a") }
      store.faults.isDown = false
      try await store.put("a", [1], contentType: "t", ifAbsent: false)
      #expect(store.writeCount == 1)
    }
  }

  /// Goal: with every fault on, the store is a register that forgets nothing it acknowledged.
  /// Method: keys that are written once, repeated until acknowledged.
  @Test(arguments: UInt64(1)...6)
  func `what a hostile store acknowledged stays`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let store = FakeObjectStore(world, faults: .hostile)
      for number in 0..<40 as Range<UInt8> {
        var isStored = false
        while !isStored {
          let put = try? await store.put(
            "key/\(number)", [number], contentType: "t", ifAbsent: false)
          isStored = put != nil
        }
      }
      try await world.here.time.sleep(for: .seconds(20))
      #expect(store.keys.count == 40)
      for number in 0..<40 as Range<UInt8> {
        #expect(store.content(of: "key/\(number)") == [number])
      }
    }
  }

  @Test(arguments: UInt64(1)...3)
  func `a hostile store is deterministic`(seed: UInt64) throws {
    try Simulation.checkDeterminism(seed: seed) { world in
      let store = FakeObjectStore(world, faults: .hostile)
      for number in 0..<100 {
        _ = try? await store.put("a", [1, 2], contentType: "t", ifAbsent: number % 2 == 0)
        _ = try? await store.get("a", 0..<2)
        _ = try? await store.startUpload("b", contentType: "t")
      }
      world.note("writes", UInt64(store.writeCount))
    }
  }
}
