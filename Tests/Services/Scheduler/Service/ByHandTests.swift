import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing
import Wire

@testable import SchedulerService

/// Runs that people pause, tasks that they end, and runs that they run again.
struct ByHandTests {
  @Test func `a paused run starts nothing, across a takeover too, and goes on when resumed`() throws
  {
    try Simulation.run(seed: 51) { world in
      let scene = try SchedulerScene(world, .calm)
      let scheduler = scene.scheduler()
      let worker = scene.worker(slots: 1) { _ in .succeeds(after: .seconds(2)) }
      let run = scene.start(.chain(3))
      try await scene.wait(for: "the first task to run") { worker[\.starts].count == 1 }
      scene.command(.pause, run)
      try await scene.wait(for: "the pause") { scene.row(run)?.pause != nil }
      let view = try #require(try await scene.view(run))
      #expect(view.state == "paused")
      #expect(view.reason?.message == "paused by tester: because")
      scheduler.process.kill()
      scene.scheduler("other")
      try await world.here.time.sleep(for: .seconds(600))
      #expect(worker[\.starts].count == 1)
      #expect(try await scene.view(run)?.state == "paused")
      scene.command(.resume, run, id: "cmd-2")
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(worker[\.starts].count == 3)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a task that is skipped by hand is stopped, and its dependants run`() throws {
    try Simulation.run(seed: 52) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let worker = scene.worker { attempt in
        attempt.task.name.text == "a" ? .succeeds(after: .seconds(100_000)) : .succeeds()
      }
      let run = scene.start(.sample(tasks: [.sample("a"), .sample("b", needs: ["a"])]))
      try await scene.wait(for: "the task to run") { worker[\.starts].count == 1 }
      scene.override("a", .skipped, of: run)
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(scene.taskRow(run, "a")?.outcome == "skipped")
      #expect(scene.taskRow(run, "a")?.reason?.code == "set-by-hand")
      #expect(scene.taskRow(run, "b")?.outcome == "succeeded")
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a rerun takes over what succeeded, from whichever owner and through a kill`() throws {
    try Simulation.run(seed: 53) { world in
      let scene = try SchedulerScene(world, .slow)
      let scheduler = scene.scheduler()
      let worker = scene.worker { attempt in
        attempt.task.name.text == "t3" && attempt.run == .sample(1)
          ? .fails() : .succeeds(outputs: ["n": .integer(4)])
      }
      let tasks = (1...5).map { number in
        TaskDefinition.sample("t\(number)", needs: number == 1 ? [] : ["t\(number - 1)"])
      }
      let definition = WorkflowDefinition.sample(tasks: tasks)
      let first = scene.start(definition)
      #expect(try await scene.ended(first).outcome == "failed")
      let tried = worker[\.starts].count
      #expect(tried == 3)
      scene.rerun(first, as: 2, of: definition, mode: "failed")
      try await scene.wait(for: "the rerun") { scene.row(.sample(2)) != nil }
      scheduler.process.kill()
      scene.scheduler("other")
      #expect(try await scene.ended(.sample(2)).outcome == "succeeded")
      let again = worker[\.starts].dropFirst(tried).map(\.task.name.text)
      #expect(Array(again) == ["t3", "t4", "t5"])
      #expect(scene.taskRow(.sample(2), "t1")?.outputs["n"] != nil)
      #expect(try await scene.view(.sample(2))?.rerunOf == first.text)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a rerun of what is not there any more says so and runs nothing`() throws {
    try Simulation.run(seed: 54) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let worker = scene.worker { _ in .succeeds() }
      scene.workflows.add(.chain(2))
      scene.rerun(.sample(9), as: 2, of: .chain(2), mode: "all")
      try await scene.wait(for: "the rerun") { scene.row(.sample(2)) != nil }
      let view = try #require(try await scene.view(.sample(2)))
      #expect(view.state == "quarantined")
      #expect(view.reason?.code == "rerun-impossible")
      try await world.here.time.sleep(for: .seconds(60))
      #expect(worker[\.starts].isEmpty)
      scene.command(.kill, .sample(2))
      #expect(try await scene.ended(.sample(2)).outcome == "cancelled")
    }
  }

  @Test func `a command of a later version is set aside and not passed over`() throws {
    try Simulation.run(seed: 55) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let run = scene.start(.chain(1))
      try await scene.wait(for: "the run to be known") { scene.row(run) != nil }
      scene.command(.unrecognized(99), run)
      try await scene.wait(for: "the record to be set aside") {
        !scene.store.records(SchedulerTables.deadLetters).isEmpty
      }
      #expect(try await scene.view(run)?.state == "running")
    }
  }
}

extension SchedulerScene {
  fileprivate func override(_ task: String, _ outcome: TaskOutcome, of run: RunID) {
    let message = RunCommand(
      command: "over-1", run: run.text, kind: .override, reason: "because", principal: "tester",
      askedAtUs: world.now.microseconds, task: task, outcome: outcome.rawValue)
    bus.append([BusRecord(topic: "run.commands", key: run.text, value: message.encoded())])
  }

  fileprivate func rerun(
    _ source: RunID, as number: UInt64, of definition: WorkflowDefinition, mode: String
  ) {
    var record = started(definition, .sample(number))
    guard var message = try? WorkflowStarted(decoding: record.value) else { return }
    message.rerun = RerunMessage(run: source.text, mode: mode)
    record.value = message.encoded()
    bus.append([record])
  }
}
