import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// Runs that are more urgent than others.
struct PriorityTests {
  /// Goal: what is urgent goes before what was offered long before it, from whichever partition and
  /// after a takeover, too.
  @Test(arguments: [false, true])
  func `an urgent run goes before tasks that wait for a worker already`(isTakenOver: Bool) throws {
    try Simulation.run(seed: 81) { world in
      let scene = try SchedulerScene(world, .calm)
      let scheduler = scene.scheduler()
      let worker = scene.worker(slots: 1) { _ in .succeeds(after: .seconds(1)) }
      let first = scene.start(.independent(60), run: 1)
      let low = scene.start(.sample("low"), run: 2, priority: .low)
      try await scene.wait(for: "everything offered") {
        (scene.taskRows(first) + scene.taskRows(low)).filter { $0.phase == "offered" }.count > 50
      }
      let urgent = scene.start(.sample("urgent"), run: 3, priority: .urgent)
      let high = scene.start(.sample("high"), run: 4, priority: .high)
      try await scene.wait(for: "the offers") {
        scene.taskRow(urgent) != nil && scene.taskRow(high) != nil
      }
      if isTakenOver {
        scheduler.process.kill()
        scene.scheduler("other")
      }
      for run in [urgent, high, first, low] { try await scene.ended(run, within: .seconds(600)) }
      let starts = worker[\.starts].map(\.run)
      let places = [urgent, high, low].map { run in starts.firstIndex(of: run) ?? -1 }
      #expect(places[0] < 15 && places[1] == places[0] + 1, "\(places)")
      #expect(places[2] == starts.count - 1)
      #expect(try await scene.view(urgent)?.priority == "urgent")
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: a head start is no wall: who has waited long enough goes first.
  @Test func `a task of normal priority that has waited longer than a head start goes first`()
    throws
  {
    try Simulation.run(seed: 82) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let normal = scene.start(.sample("normal"), run: 1)
      _ = try await scene.offered(normal)
      try await world.here.time.sleep(for: Priority.high.headStart + .seconds(1))
      let high = scene.start(.sample("high"), run: 2, priority: .high)
      _ = try await scene.offered(high)
      let worker = scene.worker(slots: 1) { _ in .succeeds(after: .seconds(1)) }
      for run in [normal, high] { try await scene.ended(run) }
      #expect(worker[\.starts].map(\.run) == [normal, high])
    }
  }
}
