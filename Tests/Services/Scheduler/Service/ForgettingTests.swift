import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// What leaves the scheduler's tables, when, and what stays.
struct ForgettingTests {
  @Test func `tasks go when the archive has them and their time is over, the run's row stays`()
    throws
  {
    try Simulation.run(seed: 1) { world in
      let scene = try SchedulerScene(world) {
        $0.endedRunsRetention = .seconds(60)
        $0.forgetEvery = .seconds(10)
        $0.forgottenPerBatchMax = 20
      }
      scene.scheduler("scheduler-1")
      scene.scheduler("scheduler-2")
      scene.worker(slots: 50) { _ in .succeeds() }
      let archived = scene.start(.fanOut(100), run: 1)
      let kept = scene.start(.chain(3), run: 2)
      try await scene.ended(archived)
      try await scene.ended(kept)
      let view = try #require(try await scene.view(archived))
      try await scene.archive([archived, RunID.sample(99)])
      try await world.here.time.sleep(for: .seconds(40))
      #expect(scene.taskRows(archived).count == 102)
      try await scene.wait(for: "them to go", within: .seconds(300)) {
        scene.store.records(SchedulerTables.endedRuns).count == 1
      }
      #expect(scene.taskRows(archived).isEmpty)
      #expect(scene.judge.rowsMax <= 700)
      #expect(try await scene.view(archived) == view)
      await #expect(throws: RPCError.self) { _ = try await scene.tasks(archived) }
      // Nobody said that there is a copy of the other one.
      try await world.here.time.sleep(for: .seconds(100))
      #expect(scene.taskRows(kept).count == 3)
      #expect(try await scene.tasks(kept).count == 3)
      try await scene.archive([kept])
      try await scene.wait(for: "it to go", within: .seconds(120)) {
        scene.taskRows(kept).isEmpty
      }
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: a start that is read again long after its run was forgotten does not run it again.
  /// Goal: the end of a run is heard of also when the bus has lost it.
  @Test func `an end that the archive does not confirm is announced again, with growing pauses`()
    throws
  {
    try Simulation.run(seed: 5) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let run = scene.start(.sample())
      scene.report(try await scene.offered(run))
      let first = try await scene.ended(run)
      scene.bus.recreate("workflow.completed")
      try await scene.wait(for: "the end once more", within: .seconds(90)) {
        scene.completions(run).count == 1
      }
      #expect(scene.completions(run) == [first])
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.completions(run).count == 1, "not before twice the time")
      try await scene.wait(for: "the next one", within: .seconds(120)) {
        scene.completions(run).count == 2
      }
      let _: ArchivedRunsResponse = try await scene.call(
        SchedulerMethods.service, SchedulerMethods.archivedRuns,
        ArchivedRunsRequest(runs: [run.text]))
      try await world.here.time.sleep(for: .seconds(1_200))
      #expect(scene.completions(run).count == 2)
    }
  }

  @Test func `a forgotten run is known again when its start comes once more`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try SchedulerScene(world) {
        $0.endedRunsRetention = .seconds(10)
        $0.forgetEvery = .seconds(10)
      }
      scene.scheduler()
      let worker = scene.worker { _ in .succeeds() }
      let run = scene.start(.chain(2))
      try await scene.ended(run)
      try await scene.archive([run])
      try await scene.wait(for: "it to go", within: .seconds(200)) {
        scene.taskRows(run).isEmpty
      }
      let old = SchedulerTopics.inputs.flatMap { scene.bus.records($0).map(\.record) }
      for topic in SchedulerTopics.inputs { scene.bus.recreate(topic) }
      scene.bus.append(old)
      try await world.here.time.sleep(for: .seconds(90))
      #expect(worker[\.starts].count == 2)
      #expect(scene.taskRows(run).isEmpty)
      #expect(try await scene.view(run)?.state == "succeeded")
    }
  }

  @Test func `sessions that are over go with what they left behind`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world) {
        $0.endedSessionsRetention = .seconds(120)
        $0.forgetEvery = .seconds(10)
      }
      scene.scheduler()
      let run = scene.start(.sample())
      let worker = scene.worker("one") { _ in .hangs }
      try await scene.wait(for: "the start") { worker[\.starts].count == 1 }
      scene.command(.cancel, run)
      worker.process.kill()
      try await scene.ended(run)
      scene.command(.cancel, RunID.sample(77), id: "never")
      #expect(scene.leases.count == 1)
      #expect(scene.store.records(SchedulerTables.stops).count == 1)
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.sessions.count == 1)
      try await scene.wait(for: "them to go", within: .seconds(600)) { scene.sessions.isEmpty }
      #expect(scene.leases.isEmpty)
      #expect(scene.store.records(SchedulerTables.stops).isEmpty)
      try await scene.wait(for: "the command to go", within: .seconds(600)) {
        scene.store.records(SchedulerTables.pendingCommands).isEmpty
      }
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a session names everything only when count or hash differ`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let worker = scene.worker { attempt in
        attempt.task.name.text == "task-00001" && attempt.fence.number == 1 ? .forgotten : .hangs
      }
      let run = scene.start(.independent(3))
      try await scene.wait(for: "three to run") { worker[\.running].count == 3 }
      #expect(scene.taskRow(run, "task-00001")?.losses == 1)
      // The lease of the lost attempt goes with the next look at it.
      try await scene.wait(for: "three leases") { scene.leases.count == 3 }
      try await world.here.time.sleep(for: .seconds(5))
      let full = worker[\.fullBeats]
      #expect((2...10).contains(full), "\(full)")
      try await world.here.time.sleep(for: .seconds(60))
      #expect(worker[\.fullBeats] == full)
      #expect(worker[\.beats] > 50)
      #expect(scene.judge.violations == [])
    }
  }
}

extension SchedulerScene {
  func archive(_ runs: [RunID]) async throws {
    let _: ArchivedRunsResponse = try await call(
      SchedulerMethods.service, SchedulerMethods.archivedRuns,
      ArchivedRunsRequest(runs: runs.map(\.text)))
  }
}
