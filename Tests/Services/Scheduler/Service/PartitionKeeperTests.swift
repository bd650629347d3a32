import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// How several schedulers share the partitions, and how one of them goes.
struct PartitionKeeperTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `a scheduler that stops in good order is replaced at once`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      let first = scene.scheduler("scheduler-1")
      let run = scene.start(.chain(2))
      let attempt = try await scene.offered(run, "task-00001")
      let second = scene.scheduler("scheduler-2")
      try await scene.wait(for: "equal shares") { scene.shares == [6, 6] }
      try await world.here.time.sleep(for: .milliseconds(Int(seed) * 100))
      let leaving = scene.owns(first, run) ? first : second
      let stoppedAt = world.elapsed
      leaving.stop()
      scene.report(attempt)
      try await world.wait(for: "the next task", within: .seconds(10)) {
        scene.taskRow(run, "task-00002")?.phase == "offered"
      }
      #expect(world.elapsed - stoppedAt < .milliseconds(200))
      try await scene.wait(for: "its end") { leaving.process.status == .finished }
      try await scene.wait(for: "one share", within: .seconds(1)) { scene.shares == [12] }
      #expect(scene.store.records(SchedulerTables.processes).count == 1)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a scheduler that stops alone leaves nothing to wait for`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try SchedulerScene(world)
      let scheduler = scene.scheduler()
      let run = scene.start(.chain(2))
      let attempt = try await scene.offered(run, "task-00001")
      scheduler.stop()
      try await scene.wait(for: "its end", within: .seconds(1)) {
        scheduler.process.status == .finished
      }
      #expect(scene.store.records(SchedulerTables.partitions).allSatisfy { $0.owner.isEmpty })
      #expect(scene.store.records(SchedulerTables.processes).isEmpty)
      scene.report(attempt)
      let startedAt = world.elapsed
      scheduler.process.restart()
      _ = try await scene.offered(run, "task-00002")
      #expect(world.elapsed - startedAt < .milliseconds(300))
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `schedulers come and go, and in the end each has its share`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      scene.worker(slots: 8) { _ in .succeeds(after: .milliseconds(200)) }
      let schedulers = (1...3).map { scene.scheduler("scheduler-\($0)") }
      let random = world.stream(named: "test")
      let runs = (1...6).map { scene.start(.chain(20), run: $0) }
      for _ in 0..<6 {
        try await world.here.time.sleep(for: .milliseconds(500 + random.below(3_000)))
        let one = schedulers[random.below(3)]
        switch random.below(3) {
        case 0: one.process.restart(after: .milliseconds(random.below(2_000)))
        case 1:
          one.process.pause()
          world.schedule(after: .milliseconds(random.below(6_000))) { one.process.resume() }
        default:
          one.stop()
          one.process.restart(after: .milliseconds(random.below(2_000)))
        }
      }
      for run in runs {
        #expect(try await scene.ended(run, within: .seconds(300)).outcome == "succeeded")
      }
      try await scene.wait(for: "equal shares", within: .seconds(20)) {
        scene.shares == [4, 4, 4]
      }
      try await world.here.time.sleep(for: .seconds(10))
      #expect(scene.shares == [4, 4, 4])
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: a definition that cannot be had for long is not taken for a record that kills.
  @Test func `restarts while a run waits for its definition do not set it aside`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try SchedulerScene(world)
      let scheduler = scene.scheduler()
      scene.worker { _ in .succeeds() }
      scene.workflows[\.isDown] = true
      let run = scene.start(.sample())
      for round in 0..<8 {
        try await world.here.time.sleep(for: .seconds(6))
        if round % 2 == 0 { scheduler.stop() }
        scheduler.process.restart(after: .milliseconds(500))
      }
      scene.workflows[\.isDown] = false
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(scene.store.records(SchedulerTables.deadLetters).isEmpty)
    }
  }
}

extension SchedulerScene {
  /// How many partitions each owner has, the fewest first.
  var shares: [Int] {
    var counts: SortedMap<String, Int> = [:]
    for record in store.records(SchedulerTables.partitions) where !record.owner.isEmpty {
      counts[record.owner, default: 0] += 1
    }
    return counts.values.sorted()
  }

  func owns(_ scheduler: ScheduledProcess, _ run: RunID) -> Bool {
    partition(of: run)?.owner == scheduler.id
  }
}
