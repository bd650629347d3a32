import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// Who owns a partition, and what becomes of its runs when that changes.
struct OwnershipTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `a killed owner is replaced within its lease and a second`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      let schedulers = [scene.scheduler("scheduler-1"), scene.scheduler("scheduler-2")]
      let run = scene.start(.chain(2))
      let attempt = try await scene.offered(run, "task-00001")
      let session = SessionID.sample(1)
      try await scene.open(session)
      _ = try await scene.claim(session, [attempt])
      try await scene.wait(for: "equal shares") { scene.shares == [6, 6] }
      try await world.here.time.sleep(for: .milliseconds(2_000 + Int(seed) * 50))
      let owner = try #require(schedulers.first { scene.owns($0, run) })
      let epoch = try #require(scene.partition(of: run)?.epoch)
      let killedAt = world.elapsed
      owner.process.kill()
      scene.report(attempt)
      try await world.wait(for: "the next task", within: .seconds(10)) {
        scene.taskRow(run, "task-00002")?.phase == "offered"
      }
      #expect(world.elapsed - killedAt <= .seconds(4) + .milliseconds(200))
      #expect(world.elapsed - killedAt >= .seconds(2))
      #expect(try #require(scene.partition(of: run)?.epoch) > epoch)
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: an owner that was paused for longer than its lease changes nothing when it comes back,
  /// and what it knew is not told to anybody.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a zombie neither decides nor answers from memory`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      let first = scene.scheduler("scheduler-1")
      let run = scene.start(.chain(3))
      let attempt = try await scene.offered(run, "task-00001")
      try await world.here.time.sleep(for: .milliseconds(Int(seed) * 50))
      first.process.pause()
      scene.scheduler("scheduler-2")
      scene.report(attempt)
      try await scene.wait(for: "the takeover") {
        scene.taskRow(run, "task-00002")?.phase == "offered"
      }
      let revision = try #require(scene.taskRow(run, "task-00001")?.revision)
      let second = try await scene.offered(run, "task-00002")
      first.process.resume()
      scene.report(second)
      for _ in 0..<20 {
        let tasks = try await scene.tasks(run)
        #expect(tasks.first?.state == "succeeded")
        #expect(tasks.first?.revision == revision)
        let view = try await scene.view(run)
        #expect(view?.counts["succeeded"] ?? 0 >= 1, "\(String(describing: view?.counts))")
      }
      scene.report(try await scene.offered(run, "task-00003"))
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(scene.judge.violations == [])
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `commits of unknown outcome and conflicts are settled, not guessed`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      var faults = SchedulerScene.Faults.slow
      faults.store.unknownApplied = .percent(10)
      faults.store.unknownNotApplied = .percent(10)
      faults.store.unknownLater = .percent(10)
      faults.store.conflict = .percent(10)
      faults.store.lostAnswerLatency = .milliseconds(1)...(.milliseconds(200))
      let scene = try SchedulerScene(world, faults)
      scene.scheduler()
      let worker = scene.worker { attempt in
        attempt.task.name.text == "task-00003" ? .fails() : .succeeds()
      }
      let run = scene.start(.fanOut(8))
      let announced = try await scene.ended(run, within: .seconds(600))
      #expect(announced.outcome == "failed")
      #expect(announced.reason?.blockers == ["task-00003"])
      #expect(scene.taskRow(run, "last")?.outcome == "skipped")
      #expect(worker[\.sessions].count <= 3)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `while the store is down nothing is lost, and afterwards all goes on`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      scene.worker { _ in .succeeds() }
      let run = scene.start(.chain(4))
      _ = try await scene.offered(run, "task-00001")
      scene.store.faults.isDown = true
      try await world.here.time.sleep(for: .seconds(20))
      let late = scene.start(.sample(), run: 2)
      try await world.here.time.sleep(for: .seconds(5))
      scene.store.faults.isDown = false
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(try await scene.ended(late).outcome == "succeeded")
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: reading everything again is always legal.
  /// Method: forget the offsets; then make every topic anew and put the old records into it, in
  /// another order, together with what is new.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `inputs that come again change nothing that was decided`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      let scheduler = scene.scheduler()
      let worker = scene.worker { attempt in
        attempt.fence.number == 1 ? .fails() : .succeeds()
      }
      let policy = RetryPolicy(
        attemptsMax: 3, backoff: Backoff(initial: .milliseconds(100), jitter: .none))
      let tasks = (1...6).map { TaskDefinition.sample("t\($0)", retry: policy) }
      let run = scene.start(.sample(tasks: tasks))
      scene.command(.cancel, RunID.sample(2))
      try await scene.ended(run)
      let stopped = scene.start(.sample(tasks: tasks), run: 2)
      #expect(try await scene.ended(stopped).outcome == "cancelled")
      let before = scene.taskRows(run) + scene.taskRows(stopped)
      let starts = worker[\.starts].count
      var old: [BusRecord] = []
      for topic in SchedulerTopics.inputs {
        old += scene.bus.records(topic).map(\.record)
        scene.bus.recreate(topic)
      }
      let random = world.stream(named: "test")
      scene.bus.append(random.permuted(old))
      if seed % 2 == 0 { scheduler.process.restart() }
      let next = scene.start(.sample("next"), run: 3)
      #expect(try await scene.ended(next).outcome == "failed")
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.taskRows(run) + scene.taskRows(stopped) == before)
      #expect(worker[\.starts].count == starts + 1)
      #expect(scene.judge.violations == [])
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a command that comes before or with its run is carried out`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      if seed % 2 == 0 { scene.scheduler() }
      let early = RunID.sample(1)
      scene.command(.cancel, early)
      if seed % 2 == 0 {
        try await scene.wait(for: "the pending command") {
          scene.store.records(SchedulerTables.pendingCommands).count == 1
        }
      }
      scene.start(.sample(), run: 1)
      if seed % 2 == 1 { scene.scheduler() }
      let announced = try await scene.ended(early)
      #expect(announced.outcome == "cancelled")
      #expect(announced.reason?.message == "cancelled by tester: because")
      #expect(scene.store.records(SchedulerTables.pendingCommands).isEmpty)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a run waits while its definition cannot be had, and the others do not`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      scene.worker { _ in .succeeds() }
      let known = scene.start(.sample("known"), run: 1)
      try await scene.ended(known)
      scene.workflows[\.isDown] = true
      let waiting = scene.start(.sample("unknown"), run: 2)
      let other = scene.start(
        .sample("known"), run: try #require(scene.numberElsewhere(than: waiting)))
      #expect(try await scene.ended(other, within: .seconds(10)).outcome == "succeeded")
      #expect(scene.row(waiting) == nil)
      scene.workflows[\.isDown] = false
      #expect(try await scene.ended(waiting, within: .seconds(10)).outcome == "succeeded")
    }
  }

  @Test func `a cancelled run of many tasks ends, and a killed one without its finally tasks`()
    throws
  {
    try Simulation.run(seed: 6) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let worker = scene.worker(slots: 20) { attempt in
        attempt.task.name.text == "clean" ? .succeeds() : .hangs
      }
      let many = (1...60).map { TaskDefinition.sample("t\($0)") }
      let finally = [TaskDefinition.sample("clean")]
      let cancelled = scene.start(.sample("one", tasks: many, finally: finally), run: 1)
      try await scene.wait(for: "twenty to run") { worker[\.running].count == 20 }
      scene.command(.cancel, cancelled, id: "one")
      #expect(try await scene.ended(cancelled).outcome == "cancelled")
      #expect(scene.taskRow(cancelled, "clean")?.outcome == "succeeded")
      let killed = scene.start(.sample("two", tasks: many, finally: finally), run: 2)
      try await scene.wait(for: "twenty to run") { worker[\.running].count == 20 }
      scene.command(.kill, killed, id: "two")
      #expect(try await scene.ended(killed).outcome == "cancelled")
      #expect(scene.taskRow(killed, "clean") == nil)
      let view = try await scene.tasks(killed).first { $0.task == "clean" }
      #expect(view?.state == "cancelled")
      try await scene.wait(for: "the stops to be carried out") {
        scene.store.records(SchedulerTables.stops).isEmpty
      }
      #expect(scene.judge.violations == [])
    }
  }
}

extension SchedulerScene {
  /// The number of a sample run in another partition.
  func numberElsewhere(than run: RunID) -> UInt64? {
    (10...100 as ClosedRange<UInt64>).first {
      Partitioning.partition(of: RunID.sample($0).text) != Partitioning.partition(of: run.text)
    }
  }
}
