import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// Records that cannot be taken in: they stop their own run and nothing else.
struct PoisonTests {
  /// Goal: a record that kills the process whenever it is taken in stops the partition four times
  /// and no more, and the record beside it is not blamed.
  /// Method: the question for a definition kills whoever asks; a run beside it in the same
  /// partition, and results that arrive between the starts.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `a record that kills its owner is set aside at the fourth start, and its run with it`(
    seed: UInt64
  ) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .slow)
      let scheduler = scene.scheduler()
      scene.worker { _ in .succeeds() }
      let good = RunID.sample(1)
      let bad = try #require(RunID.beside(good))
      scene.workflows[\.onAsk] = { version in
        guard version == "v-poison" else { return }
        world.schedule(after: .zero) { scheduler.process.restart(after: .milliseconds(200)) }
      }
      let before = TaskDefinition.sample("first")
      scene.workflows.add(.sample("poison", tasks: [.sample()]))
      scene.start(.sample("good", tasks: [before, .sample("second", needs: ["first"])]))
      scene.bus.append([scene.started(.sample("poison"), bad)])
      #expect(try await scene.ended(good).outcome == "succeeded")
      try await scene.wait(for: "the dead letter", within: .seconds(300)) {
        !scene.store.records(SchedulerTables.deadLetters).isEmpty
      }
      let letter = try #require(scene.store.records(SchedulerTables.deadLetters).first)
      #expect(letter.topic == "workflow.started")
      #expect(letter.key == bad.text)
      #expect(scene.workflows[\.asked].filter { $0 == "v-poison" }.count <= 20)
      #expect(scene.row(bad)?.phase == "quarantined")
      #expect(scene.row(bad)?.reason?.code == "poison-record")
      #expect(scene.partition(of: bad)?.startsWithoutProgress == 0)
      let view = try #require(try await scene.view(bad))
      #expect(view.state == "quarantined")
      #expect(scene.store.records(SchedulerTables.deadLetters).count == 1)
      let next = scene.start(.sample("good"), run: 1_000)
      #expect(try await scene.ended(next).outcome == "succeeded")
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: a record is not blamed because somebody whom it needs is away, however often its
  /// partition changes owners meanwhile.
  /// Method: the workflow service is down while a scheduler is stopped in good order, six times.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `a record that waits for another service is never set aside`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .slow)
      scene.workflows[\.isDown] = true
      let run = scene.start(.sample())
      for number in 1...6 {
        let scheduler = scene.scheduler("scheduler-\(number)")
        let asked = scene.workflows[\.asked].count
        try await scene.wait(for: "a question") { scene.workflows[\.asked].count > asked + 1 }
        scheduler.stop()
        try await scene.wait(for: "the partition given back") {
          scene.partition(of: run)?.owner == ""
        }
      }
      #expect(scene.partition(of: run)?.startsWithoutProgress == 0)
      scene.workflows[\.isDown] = false
      scene.scheduler()
      scene.worker { _ in .succeeds() }
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(scene.store.records(SchedulerTables.deadLetters) == [])
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: waiting for a definition costs an owner neither its lease nor the record its good name.
  /// Method: the workflow service takes requests and answers none for a minute; two schedulers.
  @Test func `an owner that waits for an answer keeps its partition`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = try SchedulerScene(world, .slow)
      scene.scheduler("one")
      scene.scheduler("two")
      let first = scene.start(.sample())
      try await scene.wait(for: "an owner") { scene.row(first) != nil }
      // Both have what they should have.
      try await world.here.time.sleep(for: .seconds(10))
      let service = try #require(world.processes.first { $0.name == "workflow" })
      service.pause()
      let second = try #require(RunID.beside(first))
      scene.workflows.add(.sample("late", tasks: [.sample()]))
      scene.bus.append([scene.started(.sample("late"), second)])
      let epoch = scene.partition(of: first)?.epoch
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.partition(of: first)?.epoch == epoch)
      service.resume()
      scene.worker { _ in .succeeds() }
      #expect(try await scene.ended(second).outcome == "succeeded")
      #expect(scene.store.records(SchedulerTables.deadLetters) == [])
    }
  }

  /// Goal: what the store refuses is found among innocent records, and only it is set aside.
  /// Method: one command with an id that no key column takes, between results that are good.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `a record whose consequence is refused is set aside alone`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .slow)
      let run = RunID.sample(1)
      let unknown = try #require(RunID.beside(run))
      scene.start(.sample())
      scene.command(.cancel, unknown, id: String(repeating: "x", count: 2_000))
      for number in 2...4 { scene.command(.cancel, unknown, id: "cmd-\(number)") }
      let broken = BusRecord(topic: "task.failed", key: run.text, value: [0xff, 0xff])
      scene.bus.append([broken])
      scene.scheduler()
      scene.worker { _ in .succeeds() }
      #expect(try await scene.ended(run).outcome == "succeeded")
      try await scene.wait(for: "the pending commands") {
        scene.store.records(SchedulerTables.pendingCommands).count == 3
      }
      let letters = scene.store.records(SchedulerTables.deadLetters)
      #expect(letters.map(\.topic).sorted() == ["run.commands", "task.failed"])
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `large results are taken in as batches that the store takes`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world, .calm)
      let scheduler = scene.scheduler()
      let text = Value.string(String(repeating: "x", count: 60_000))
      let run = scene.start(.independent(400))
      let session = SessionID.sample(1)
      try await scene.wait(for: "sixty-four offers") {
        scene.taskRows(run).filter { $0.phase == "offered" }.count == 64
      }
      scheduler.process.pause()
      for row in scene.taskRows(run) where row.phase == "offered" {
        // Again and again, as workers do that hear nothing.
        for _ in 0..<6 {
          scene.report(try #require(row.attempt), outputs: ["text": text])
        }
      }
      scheduler.process.resume()
      try await scene.open(session)
      try await scene.wait(for: "all of them") {
        scene.taskRows(run).filter { $0.outcome == "succeeded" }.count == 64
      }
      #expect(scene.store.records(SchedulerTables.deadLetters) == [])
      #expect(scene.judge.bytesMax <= 4 << 20, "\(scene.judge.bytesMax)")
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a run that cannot be read is quarantined and its partition goes on`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try SchedulerScene(world, .slow)
      let scheduler = scene.scheduler()
      let run = scene.start(.sample())
      let attempt = try await scene.offered(run)
      scheduler.process.kill()
      let stored = try #require(scene.store.rows(SchedulerTables.tasks.name).first)
      var task = try #require(SchedulerTables.tasks.record(stored.row))
      task.phase = "from-the-future"
      try scene.store.write(
        RecordBatch(entries: [SchedulerTables.tasks.update(task, over: stored.version)]))
      scene.report(attempt)
      let other = try #require(RunID.beside(run))
      scene.bus.append([scene.started(.sample(), other)])
      scheduler.process.restart()
      scene.worker { _ in .succeeds() }
      #expect(try await scene.ended(other).outcome == "succeeded")
      #expect(scene.row(run)?.phase == "quarantined")
      #expect(scene.row(run)?.reason?.code == "run-unreadable")
    }
  }

  @Test func `a definition that does not exist quarantines its run`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let run = RunID.sample(1)
      scene.bus.append([scene.started(.sample("nowhere"), run)])
      try await scene.wait(for: "the quarantine") { scene.row(run)?.phase == "quarantined" }
      #expect(scene.row(run)?.reason?.code == "definition-missing")
      #expect(try await scene.view(run)?.state == "quarantined")
      #expect(try await scene.tasks(run).isEmpty)
    }
  }

  @Test func `nothing of a quarantined run starts, and its results are given back`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try SchedulerScene(world)
      let scheduler = scene.scheduler()
      let session = SessionID.sample(1)
      let run = scene.start(.sample(tasks: [.sample("a"), .sample("b")]))
      let (one, other) = (try await scene.offered(run, "a"), try await scene.offered(run, "b"))
      try await scene.open(session)
      #expect(try await scene.claim(session, [one], max: 1).items.map(\.verdict) == [.yours])
      scheduler.process.kill()
      let stored = try #require(scene.store.rows(SchedulerTables.runs.name).first)
      var record = try #require(SchedulerTables.runs.record(stored.row))
      record.phase = "quarantined"
      try scene.store.write(
        RecordBatch(entries: [SchedulerTables.runs.update(record, over: stored.version)]))
      scheduler.process.restart()
      try await scene.wait(for: "a new owner") { scene.partition(of: run)?.epoch == 2 }
      let answer = try await scene.claim(session, [other], max: 10)
      #expect(answer.items.allSatisfy { $0.verdict == .gone })
      let beat = HeartbeatRequest(
        session: session.text, beat: 1, results: [one.description])
      #expect(try await scene.beat(beat).acknowledged == [one.description])
    }
  }
}

extension RunID {
  /// Another run of the same partition.
  static func beside(_ run: RunID) -> RunID? {
    let partition = Partitioning.partition(of: run.text)
    return (100...1_000 as ClosedRange<UInt64>).lazy.map { RunID.sample($0) }.first {
      Partitioning.partition(of: $0.text) == partition
    }
  }
}
