import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

struct SchedulerServerTests {
  @Test func `a run goes from its start to its end, which is announced once`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let worker = scene.worker { _ in .succeeds() }
      let run = scene.start(.fanOut(10))
      let announced = try await scene.ended(run)
      #expect(announced.outcome == "succeeded")
      #expect(announced.workflow == "fan-out")
      #expect(announced.endedAtUs > announced.startedAtUs)
      #expect(scene.taskRows(run).count == 12)
      #expect(scene.taskRows(run).allSatisfy { $0.outcome == "succeeded" })
      #expect(worker[\.starts].count == 12)
      #expect(worker[\.starts].first?.task.name.text == "first")
      #expect(worker[\.starts].last?.task.name.text == "last")
      try await scene.wait(for: "the results to be taken back") { worker[\.results].isEmpty }
      try await scene.wait(for: "the leases to go") { scene.leases.isEmpty }
      #expect(scene.completions(run).count == 1)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `outputs and failures flow on, attempts are tried again after a wait`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      scene.worker { attempt in
        attempt.fence.number < 3 ? .fails() : .succeeds(outputs: ["n": .integer(7)])
      }
      let retried = TaskDefinition.sample(
        "a",
        retry: RetryPolicy(attemptsMax: 3, backoff: Backoff(initial: .seconds(3), jitter: .none)))
      let hopeless = TaskDefinition.sample("b", retry: RetryPolicy(attemptsMax: 2))
      let run = scene.start(
        .sample(tasks: [retried, hopeless, .sample("c", needs: ["a"]), .sample("d", needs: ["b"])]))
      try await scene.wait(for: "a wait") { scene.taskRow(run, "a")?.phase == "backoff" }
      let waiting = try #require(try await scene.tasks(run).first { $0.task == "a" })
      let reason = try #require(waiting.reason)
      #expect(waiting.state == "backoff")
      #expect(reason.code == "backoff")
      let until = try #require(reason.untilUs.map { Moment(microseconds: $0) })
      #expect(reason.message.contains(until.text), "\(reason.message)")
      let announced = try await scene.ended(run)
      #expect(announced.outcome == "failed")
      #expect(announced.reason?.blockers == ["b"])
      #expect(scene.taskRow(run, "a")?.outcome == "succeeded")
      #expect(scene.taskRow(run, "a")?.attempts.map(\.end) == ["failed", "failed", "succeeded"])
      #expect(scene.taskRow(run, "b")?.outcome == "failed")
      #expect(scene.taskRow(run, "d")?.outcome == "skipped")
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `everything larger than a batch goes on in several`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      scene.worker(slots: 2_000) { _ in .succeeds(after: .milliseconds(1)) }
      let wide = scene.start(.fanOut(2_500), run: 1)
      try await scene.wait(for: "a few offers") { scene.taskRows(wide).count > 100 }
      let other = scene.start(.chain(2), run: 2)
      try await scene.ended(other, within: .seconds(30))
      #expect(try await scene.ended(wide, within: .seconds(600)).outcome == "succeeded")
      #expect(scene.taskRows(wide).count == 2_502)
      #expect(scene.judge.rowsMax <= 2_100, "\(scene.judge.rowsMax)")
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a list is expanded in portions, and as far as maxParallel allows`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      scene.worker(slots: 500) { _ in .succeeds(after: .milliseconds(1)) }
      let all = TaskDefinition.over("all", 2_200)
      let few = TaskDefinition.over("few", 20, maxParallel: 3)
      let run = scene.start(.sample(tasks: [all, few]))
      #expect(try await scene.ended(run, within: .seconds(600)).outcome == "succeeded")
      #expect(scene.judge.liveInstancesMax(of: "few") == 3)
      #expect(scene.taskRows(run).filter { $0.name == "all" }.count == 2_201)
      #expect(scene.judge.rowsMax <= 2_100, "\(scene.judge.rowsMax)")
      #expect(scene.judge.violations == [])
    }
  }
}

extension TaskDefinition {
  /// A task for each of the numbers below `count`.
  static func over(_ name: String, _ count: Int, maxParallel: Int? = nil) -> TaskDefinition {
    var task = TaskDefinition.sample(name)
    // The text is a constant expression of the test.
    task.forEach = (try? ExpressionParser.parse("range(\(count))")).map {
      ForEach(items: $0, maxParallel: maxParallel)
    }
    return task
  }
}
