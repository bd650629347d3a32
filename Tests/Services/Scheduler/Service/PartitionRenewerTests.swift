import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// How partitions without work stay with their owners.
struct PartitionRenewerTests {
  private func idle(
    _ world: SimulatedWorld, _ faults: SchedulerScene.Faults = .slow
  ) async throws -> SchedulerScene {
    let scene = try SchedulerScene(world, faults)
    scene.scheduler()
    try await scene.wait(for: "all partitions") { scene.shares == [12] }
    try await world.here.time.sleep(for: .seconds(2))
    return scene
  }

  @Test func `those of one process are renewed by one commit`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await idle(world)
      let before = scene.store.commitCount
      let renewals = scene.store.records(SchedulerTables.partitions).map(\.renewals)
      try await world.here.time.sleep(for: .seconds(20))
      // About one for the partitions and one for the process in each second.
      #expect(scene.store.commitCount - before <= 50)
      for (old, now) in zip(renewals, scene.store.records(SchedulerTables.partitions)) {
        #expect(now.renewals - old >= 15, "partition \(now.partition)")
      }
    }
  }

  /// Goal: a commit that holds the row of a partition which somebody else has taken costs this one
  /// partition and no other.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `a partition that was taken away takes no other with it`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try await idle(world)
      let taken = Int(seed)
      let epochs = scene.store.records(SchedulerTables.partitions).map(\.epoch)
      let row = scene.store.rows(SchedulerTables.partitions.name)[taken]
      var record = try #require(SchedulerTables.partitions.record(row.row))
      record.epoch += 1
      record.owner = ProcessID.sample(99).text
      try await world.here.time.sleep(for: .milliseconds(Int(seed) * 90))
      let now = scene.store.rows(SchedulerTables.partitions.name)[taken]
      try scene.store.write(
        RecordBatch(entries: [SchedulerTables.partitions.update(record, over: now.version)]))
      try await world.here.time.sleep(for: .seconds(8))
      for (number, now) in scene.store.records(SchedulerTables.partitions).enumerated() {
        #expect(now.epoch == epochs[number] + (number == taken ? 2 : 0), "partition \(number)")
      }
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `answers that are lost cost no partition`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try await idle(world)
      let epochs = scene.store.records(SchedulerTables.partitions).map(\.epoch)
      scene.store.faults.unknownApplied = .percent(15)
      scene.store.faults.unknownNotApplied = .percent(15)
      scene.store.faults.conflict = .percent(15)
      scene.store.faults.unavailable = .percent(15)
      try await world.here.time.sleep(for: .seconds(30))
      scene.store.faults = .slow
      #expect(scene.store.records(SchedulerTables.partitions).map(\.epoch) == epochs)
      scene.worker { _ in .succeeds() }
      #expect(try await scene.ended(scene.start(.chain(2))).outcome == "succeeded")
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: owners that begin, each of which asks the broker for the bounds of its logs, keep their
  /// partitions while a busy broker answers after more than a lease.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `owners that wait for a slow broker keep what they took`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .slow)
      scene.bus.faults.answerLatency = .milliseconds(4_500)...(.milliseconds(5_000))
      scene.scheduler("one")
      scene.scheduler("two")
      try await world.here.time.sleep(for: .seconds(120))
      #expect(scene.shares == [6, 6])
      // Taken by whoever came first, and given to the other one.
      let epochs = scene.store.records(SchedulerTables.partitions).map(\.epoch)
      #expect(epochs.allSatisfy { $0 <= 2 }, "\(epochs)")
    }
  }

  /// Goal: what a process that is gone held is taken over as before, though it renewed for all.
  @Test func `what nobody renews is taken`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world)
      let first = scene.scheduler("scheduler-1")
      scene.scheduler("scheduler-2")
      try await scene.wait(for: "equal shares") { scene.shares == [6, 6] }
      first.process.pause()
      try await scene.wait(for: "the takeover", within: .seconds(6)) { scene.shares == [12] }
      first.process.resume()
      try await scene.wait(for: "equal shares", within: .seconds(20)) { scene.shares == [6, 6] }
      #expect(scene.judge.violations == [])
    }
  }
}
