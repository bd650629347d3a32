import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing

@testable import SchedulerService

/// Runs that share a concurrency key.
struct LimitTests {
  private static func limited(
    _ name: String = "sample", size: Int = 1, _ onLimit: ConcurrencyRule.OnLimit = .queue,
    tasks: [TaskDefinition] = [.sample()]
  ) -> WorkflowDefinition {
    var definition = WorkflowDefinition.sample(name, tasks: tasks)
    definition.concurrency = ConcurrencyRule(
      key: Template(text: "main"), limit: size, onLimit: onLimit)
    return definition
  }

  @Test(arguments: [1, 3])
  func `runs with one key run in order, never more than the limit`(size: Int) throws {
    try Simulation.run(seed: 71) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      scene.worker(slots: 20) { _ in .succeeds(after: .seconds(5)) }
      let runs = (1...9).map { scene.start(Self.limited(size: size), run: $0) }
      for run in runs { #expect(try await scene.ended(run).outcome == "succeeded") }
      let starts = runs.compactMap { scene.row($0)?.startedAtUs }
      #expect(starts == starts.sorted())
      #expect(scene.judge.heldMax(of: "default/sample/main") == size)
      // A permit is free within a moment after its run has ended.
      let ends = runs.compactMap { scene.row($0)?.endedAtUs }
      for next in size..<runs.count { #expect(starts[next] - ends[next - size] < 1_000_000) }
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a run that waits says who is before it`() throws {
    try Simulation.run(seed: 72) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      scene.worker { _ in .succeeds(after: .seconds(600)) }
      let runs = (1...3).map { scene.start(Self.limited(), run: $0) }
      try await scene.wait(for: "everybody in line") { scene.claims.count == 3 }
      let view = try #require(try await scene.view(runs[2]))
      #expect(view.state == "queued")
      #expect(view.startedAtUs == nil)
      #expect(view.reason?.code == "concurrency-limit")
      #expect(
        view.reason?.message == "concurrency key 'main' 1/1 held by \(runs[0]); 1 run ahead")
      #expect(view.reason?.blockers == [runs[0].text])
      let tasks = try await scene.tasks(runs[2])
      #expect(tasks.map(\.state) == ["waiting"])
      #expect(tasks.first?.reason?.code == "concurrency-limit")
      // A run of another workflow never meets it.
      let other = scene.start(Self.limited("other"), run: 9)
      try await scene.wait(for: "the other's start") { scene.taskRow(other) != nil }
    }
  }

  @Test(arguments: [
    (ConcurrencyRule.OnLimit.cancelNew, "cancelled", "concurrency-limit"),
    (.skip, "succeeded", "concurrency-limit"),
  ])
  func `a run that shall not wait ends and names who has the permit`(
    onLimit: ConcurrencyRule.OnLimit, outcome: String, code: String
  ) throws {
    try Simulation.run(seed: 73) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let worker = scene.worker { _ in .succeeds(after: .seconds(30)) }
      let first = scene.start(Self.limited(size: 1, onLimit), run: 1)
      try await scene.wait(for: "the first to run") { worker[\.starts].count == 1 }
      let second = scene.start(Self.limited(size: 1, onLimit), run: 2)
      let end = try await scene.ended(second)
      #expect(end.outcome == outcome)
      #expect(end.reason?.code == code)
      #expect(end.reason?.blockers == [first.text])
      let ended = try #require(try await scene.view(second))
      #expect(ended.startedAtUs == nil)
      #expect(ended.reason?.message == end.reason?.message)
      let tasks = try await scene.tasks(second)
      #expect(tasks.map(\.state) == [onLimit == .skip ? "skipped" : "cancelled"])
      #expect(try await scene.ended(first).outcome == "succeeded")
      #expect(worker[\.starts].count == 1)
      let third = scene.start(Self.limited(size: 1, onLimit), run: 3)
      #expect(try await scene.ended(third).outcome == "succeeded")
      #expect(worker[\.starts].count == 2)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a newer run cancels those before it and starts when they have ended`() throws {
    try Simulation.run(seed: 74) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let worker = scene.worker { attempt in
        attempt.run == .sample(3) ? .succeeds() : .succeeds(after: .seconds(100_000))
      }
      let first = scene.start(Self.limited(size: 1, .cancelRunning), run: 1)
      try await scene.wait(for: "the first to run") { worker[\.starts].count == 1 }
      let second = scene.start(Self.limited(size: 1, .cancelRunning), run: 2)
      let third = scene.start(Self.limited(size: 1, .cancelRunning), run: 3)
      for run in [first, second] {
        let end = try await scene.ended(run)
        #expect(end.outcome == "cancelled")
        #expect(end.reason?.code == "superseded")
      }
      #expect(scene.row(second)?.reason?.blockers == [third.text])
      #expect(try await scene.ended(third).outcome == "succeeded")
      #expect(scene.judge.heldMax(of: "default/sample/main") == 1)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a run that is cancelled while it waits leaves the line`() throws {
    try Simulation.run(seed: 75) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let worker = scene.worker { _ in .succeeds(after: .seconds(60)) }
      let runs = (1...3).map { scene.start(Self.limited(), run: $0) }
      try await scene.wait(for: "everybody in line") { scene.claims.count == 3 }
      scene.command(.cancel, runs[1])
      #expect(try await scene.ended(runs[1]).outcome == "cancelled")
      // Two tasks of a minute each, one after the other.
      #expect(try await scene.ended(runs[2], within: .seconds(180)).outcome == "succeeded")
      #expect(worker[\.starts].map(\.run) == [runs[0], runs[2]])
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: nobody waits for a permit that was lost on the way, whatever was lost.
  /// Method: the broker loses its logs with requests, grants and returns in them, again and again.
  @Test(arguments: ["limit.requests", "run.commands"], 1...3 as ClosedRange<UInt64>)
  func `permits that were lost with the log are found again`(topic: String, seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .slow)
      scene.scheduler()
      scene.worker(slots: 20) { _ in .succeeds(after: .seconds(3)) }
      let random = world.stream(named: "test")
      let losses = Mutex(0)
      scene.bus.observe { delivery in
        guard delivery.place.topic == topic, random.below(2) == 0 else { return }
        losses.withLock { $0 += 1 }
        world.schedule(after: .zero) { scene.bus.recreate(topic) }
      }
      let runs = (1...6).map { scene.start(Self.limited(), run: $0) }
      for run in runs {
        #expect(try await scene.ended(run, within: .seconds(14_400)).outcome == "succeeded")
      }
      #expect(losses.withLock { $0 } > 0)
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: rows of claims go, also those of tombstones.
  @Test func `claims are forgotten some time after they are over`() throws {
    try Simulation.run(seed: 76) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      scene.worker { _ in .succeeds() }
      for number in 1...5 as ClosedRange<UInt64> {
        try await scene.ended(scene.start(Self.limited(), run: number))
      }
      #expect(scene.claims.count == 5)
      try await scene.wait(for: "no claims", within: .seconds(700)) { scene.claims.isEmpty }
      // Starts that come again, as after a rewind, find nothing to hold.
      scene.bus.append((1...5).map { scene.started(Self.limited(), .sample($0)) })
      let last = scene.start(Self.limited(), run: 9)
      #expect(try await scene.ended(last).outcome == "succeeded")
    }
  }

  /// Goal: whatever happens, the limit is kept and every run ends.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `the limit is never exceeded and every run ends, in a hostile world`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .hostile)
      let schedulers = [scene.scheduler("scheduler-1"), scene.scheduler("scheduler-2")]
      let random = world.stream(named: "test")
      let worker = scene.worker(slots: 10) { _ in .succeeds(after: .milliseconds(700)) }
      let policies = ConcurrencyRule.OnLimit.allCases
      let size = 1 + random.below(2)
      let onLimit = policies[random.below(policies.count)]
      let runs = (1...8).map { number in
        scene.start(
          Self.limited(size: size, onLimit, tasks: [.sample("a"), .sample("b", needs: ["a"])]),
          run: UInt64(number))
      }
      for _ in 0..<6 {
        try await world.here.time.sleep(for: .milliseconds(300 + random.below(4_000)))
        let victim = schedulers[random.below(2)].process
        switch random.below(5) {
        case 0: victim.restart(after: .milliseconds(random.below(4_000)))
        case 1:
          victim.pause()
          world.schedule(after: .milliseconds(random.below(8_000))) { victim.resume() }
        case 2: worker.process.restart(after: .seconds(random.below(5)))
        case 3: scene.command(.cancel, runs[random.below(8)], id: "c\(random.below(100))")
        default: continue
        }
      }
      scene.faults = .slow
      for run in runs { try await scene.ended(run, within: .seconds(3_600)) }
      #expect(scene.judge.violations == [])
      #expect(scene.judge.heldMax(of: "default/sample/main") <= size)
      #expect(runs.allSatisfy { Set(scene.completions($0).map(\.outcome)).count == 1 })
    }
  }
}

extension SchedulerScene {
  fileprivate var claims: [LimitClaimRecord] { store.records(SchedulerTables.limitClaims) }
}
