import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing

private func subject(
  _ world: SimulatedWorld, _ faults: RecordStoreFaults = .slow
) throws -> RecordStoreSubject {
  RecordStoreSubject(
    try FakeRecordStore(world, tables: RecordStoreContract.tables, faults: faults),
    time: world.here.time)
}

private func row(_ number: Int64, _ text: String = "") -> Row {
  Row(key: [.integer(number)], body: [UInt8](text.utf8))
}

private func insert(_ number: Int64, _ text: String = "") -> RecordBatch {
  RecordBatch(entries: [.init(table: "contract_root", .insert(row(number, text)))])
}

struct FakeRecordStoreTests {
  @Test(arguments: RecordStoreContract.cases + RecordStoreContract.historyCases)
  func `the fake keeps the contract of RecordStore`(
    _ promise: ContractCase<RecordStoreSubject>
  ) throws {
    for (seed, faults) in [(1, .calm), (2, .slow), (3, .slow)] as [(UInt64, RecordStoreFaults)] {
      // Without delay the clients of a history would never get in each other's way.
      if faults == .calm, promise.name.contains("histories") { continue }
      try Simulation.run(seed: seed) { world in
        try await promise.check(try subject(world, faults))
      }
    }
  }

  /// Goal: with every fault on, what was acknowledged and seen still has a serial order.
  @Test(arguments: UInt64(1)...12)
  func `hostile histories have a serial order`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let subject = try subject(world, .hostile)
      let history = await RecordHistory.record(
        subject, RecordHistoryPlan(clients: 8, stepsPerClient: 40, seed: seed))
      #expect(history.commitCount > 20)
      #expect(history.unknownCount > 0)
      try history.check()
    }
  }

  /// Goal: the checker can fail. Method: break the store in two ways that a backend might.
  @Test func `the history checker finds a store that drops guards or tears reads`() throws {
    var caught = (guards: 0, reads: 0)
    for seed in UInt64(1)...6 {
      let found = try Simulation.run(seed: seed) { world in
        let store = try subject(world).store
        let time = world.here.time
        let unguarded = await RecordHistory.record(
          RecordStoreSubject(GuardDroppingStore(store), time: time), RecordHistoryPlan(seed: seed))
        let isFound = (try? unguarded.check()) == nil
        let torn = await RecordHistory.record(
          RecordStoreSubject(
            TornReadStore(
              try FakeRecordStore(
                world, tables: RecordStoreContract.tables, faults: .slow, name: "other")),
            time: time), RecordHistoryPlan(seed: seed))
        return (isFound, (try? torn.check()) == nil)
      }
      if found.0 { caught.guards += 1 }
      if found.1 { caught.reads += 1 }
    }
    #expect(caught.guards >= 5, "caught \(caught) of 6")
    #expect(caught.reads >= 5, "caught \(caught) of 6")
  }

  @Test func `the contract's own cases catch dropped guards`() throws {
    var broken: [String] = []
    for promise in RecordStoreContract.cases {
      do {
        try Simulation.run(seed: 1) { world in
          let honest = try subject(world)
          try await promise.check(
            RecordStoreSubject(GuardDroppingStore(honest.store), time: honest.time))
        }
      } catch {
        broken.append(promise.name)
      }
    }
    #expect(broken.contains { $0.contains("no write skew") })
    #expect(broken.count < 12, "\(broken)")
  }

  @Test(arguments: UInt64(1)...30)
  func `a commit in doubt is decided by whoever repeats or settles it`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      var faults = RecordStoreFaults.slow
      faults.unknownLater = .always
      let store = try FakeRecordStore(
        world, tables: RecordStoreContract.tables, faults: faults)
      await #expect(throws: StoreError.outcomeUnknown) { try await store.commit(insert(1, "x")) }
      #expect(store.doubtfulCount == 1)
      store.faults.unknownLater = .never
      if seed % 2 == 0 {
        let settled = try await store.settle("contract_root", [[.integer(1)]])
        #expect(store.doubtfulCount == 0)
        #expect(store.rows("contract_root") == settled.compactMap { $0 })
      } else {
        do {
          _ = try await store.commit(insert(1, "y"))
          #expect(store.rows("contract_root").map(\.row) == [row(1, "y")])
        } catch {
          #expect(error as? StoreError == .conflict)
          #expect(store.rows("contract_root").map(\.row) == [row(1, "x")])
        }
      }
      let decided = store.rows("contract_root")
      try await world.here.time.sleep(for: .seconds(10))
      #expect(store.rows("contract_root") == decided)
    }
  }

  @Test func `a commit in doubt may take effect seconds later, unseen until then`() throws {
    var lateSeeds = 0
    for seed in UInt64(1)...20 {
      let isLate = try Simulation.run(seed: seed) { world in
        var faults = RecordStoreFaults.calm
        faults.unknownLater = .always
        let store = try FakeRecordStore(
          world, tables: RecordStoreContract.tables, faults: faults)
        await #expect(throws: StoreError.outcomeUnknown) { try await store.commit(insert(1)) }
        let before = try await store.get("contract_root", [[.integer(1)]])
        try await world.here.time.sleep(for: .seconds(6))
        let after = try await store.get("contract_root", [[.integer(1)]])
        return before[0] == nil && after[0] != nil
      }
      if isLate { lateSeeds += 1 }
    }
    #expect((5..<20).contains(lateSeeds))
  }

  @Test func `a process that is killed while it commits may have committed`() throws {
    var applied = 0
    for seed in UInt64(1)...40 {
      let count = try Simulation.run(seed: seed) { world in
        let store = try FakeRecordStore(
          world, tables: RecordStoreContract.tables, faults: .slow)
        let process = world.process("writer")
        process.start { _ in
          _ = try await store.commit(insert(1))
          _ = try await store.commit(insert(2))
        }
        try await world.here.time.sleep(for: .microseconds(1 + Int64(seed) * 100))
        process.kill()
        try await world.here.time.sleep(for: .seconds(1))
        return store.rows("contract_root").count
      }
      #expect((0...2).contains(count))
      applied += count
    }
    #expect((20..<75).contains(applied))
  }

  @Test func `a store that is down refuses everything and comes back`() throws {
    try Simulation.run(seed: 1) { world in
      let store = try FakeRecordStore(world, tables: RecordStoreContract.tables)
      store.faults.isDown = true
      await #expect(throws: StoreError.self) { try await store.commit(insert(1)) }
      await #expect(throws: StoreError.self) {
        try await store.get("contract_root", [[.integer(1)]])
      }
      store.faults.isDown = false
      _ = try await store.commit(insert(1))
      #expect(store.commitCount == 1)
    }
  }

  @Test func `those who watch see each commit with its writer`() throws {
    try Simulation.run(seed: 1) { world in
      let store = try FakeRecordStore(world, tables: RecordStoreContract.tables)
      let writers = Mutex<[String]>([])
      store.observe { commit in
        writers.withLock { $0.append(commit.writer?.description ?? "nobody") }
      }
      try store.write(insert(1))
      world.process("scheduler").start { _ in _ = try await store.commit(insert(2)) }
      try await world.here.time.sleep(for: .milliseconds(10))
      #expect(writers.withLock { $0 } == ["nobody", "scheduler/1"])
    }
  }

  @Test(arguments: UInt64(1)...3)
  func `a hostile store is deterministic`(seed: UInt64) throws {
    try Simulation.checkDeterminism(seed: seed) { world in
      let subject = try subject(world, .hostile)
      let history = await RecordHistory.record(subject, RecordHistoryPlan(seed: seed))
      world.note("history", UInt64(history.commitCount))
    }
  }
}
