import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport
import Testing
import Wire

@testable import MetadataService

struct ArchiveFeedTests {
  @Test func `a run is in history from its start on, and whole when it has ended`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = HistoryScene(world) { $0.tasksPerPageMax = 7 }
      scene.bus.append([HistoryScene.started(1, labels: ["a": "b"], at: 1)])
      try await scene.settle()
      let queued = try #require(try await scene.archive.job(.sample(1)))
      #expect(queued.state == "queued")
      #expect(queued.labels == ["a": "b"])
      scene.scheduler.put(1, tasks: 30)
      scene.bus.append([
        HistoryScene.lines(1, from: 0, 3), HistoryScene.completed(1),
        HistoryScene.lines(1, from: 3, 2, isLast: true),
      ])
      try await scene.settle()
      let ended = try #require(try await scene.archive.job(.sample(1)))
      #expect(ended.state == "succeeded")
      #expect(ended.counts == ["succeeded": 30])
      let tasks = try await scene.archive.tasks(of: .sample(1), after: nil, limit: 100)
      #expect(tasks.map(\.task.description) == (0..<30).map { "t\(10_000 + $0)" })
      #expect(tasks[29].outputs == ["n": .integer(29)])
      let log = try await scene.archive.lines(
        of: .sample("say", run: 1), from: 0, limit: 100)
      #expect(log.lines.count == 5 && log.isLast)
      #expect(scene.deadLetters.isEmpty)
    }
  }

  /// Goal: many runs cost a few questions, and a scheduler that is older is asked as it can answer.
  @Test(arguments: [true, false])
  func `runs that end together are copied together`(exports: Bool) throws {
    try Simulation.run(seed: 8) { world in
      let scene = HistoryScene(world)
      scene.scheduler.exports = exports
      let runs = 1...60 as ClosedRange<UInt64>
      for run in runs { scene.scheduler.put(run, tasks: 3) }
      scene.scheduler.put(7, tasks: 1_200)
      scene.bus.append(runs.map { HistoryScene.completed($0) })
      try await scene.settle()
      for run in runs {
        let job = try #require(try await scene.archive.job(.sample(run)))
        #expect(job.state == "succeeded")
        let tasks = try await scene.archive.tasks(of: .sample(run), after: nil, limit: 2_000)
        #expect(tasks.count == (run == 7 ? 1_200 : 3))
      }
      #expect(scene.deadLetters.isEmpty)
      #expect(exports == (scene.scheduler.calls < 60), "\(scene.scheduler.calls) calls")
    }
  }

  /// Goal: however often and in whatever order records come, history says the same.
  /// Method: the records of twelve runs, doubled and shuffled over the topics, while bus, archive
  /// and network do their worst and the service is killed again and again.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `history is the same whatever comes twice, late or in another order`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = HistoryScene(
        world, archive: .hostile, bus: .hostile, network: .hostile
      ) { $0.tasksPerPageMax = 4 }
      let runs = 1...12 as ClosedRange<UInt64>
      var records: [BusRecord] = []
      for run in runs {
        scene.scheduler.put(run, tasks: Int(run))
        let own = [
          HistoryScene.started(run, at: Int64(run)), HistoryScene.completed(run),
          HistoryScene.lines(run, from: 0, 4), HistoryScene.lines(run, from: 2, 6),
          HistoryScene.lines(run, from: 8, 3, isLast: true),
        ]
        records += own + own
      }
      let random = world.stream(named: "order")
      while !records.isEmpty {
        let count = 1 + random.below(min(8, records.count))
        let some = (0..<count).map { _ in records.remove(at: random.below(records.count)) }
        scene.bus.append(some)
        if random.below(6) == 0 { scene.service.restart(after: .milliseconds(random.below(300))) }
        try await world.here.time.sleep(for: .milliseconds(random.below(400)))
      }
      scene.archive.faults = .calm
      scene.bus.faults = .calm
      scene.network.faults = .calm
      try await scene.settle()
      for run in runs {
        let job = try #require(try await scene.archive.job(.sample(run)))
        #expect(job.state == "succeeded")
        #expect(job.revision == 9)
        let tasks = try await scene.archive.tasks(of: .sample(run), after: nil, limit: 100)
        #expect(tasks.count == Int(run))
        let log = try await scene.archive.lines(
          of: .sample("say", run: run), from: 0, limit: 100)
        let texts = log.lines.map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(texts == (0..<11).map { "line \($0)" })
        #expect(log.isLast)
      }
      #expect(scene.deadLetters.isEmpty)
    }
  }

  private static let garbage: [UInt8] = [0xff, 0xff, 0xff]

  /// What no version of us can understand, by topic.
  private static func poison() -> [BusRecord] {
    func record(_ topic: String, _ value: [UInt8]) -> BusRecord {
      BusRecord(topic: topic, key: "poison", value: value)
    }
    let attempt = AttemptID.sample("say", run: 1).description
    let line = TaskLog.Line(stream: "out", text: [], atUs: 0)
    return [
      record("workflow.started", garbage), record("workflow.started", []),
      record(
        "workflow.started", WorkflowStarted(run: "run_x", namespace: "a", workflow: "b").encoded()),
      record(
        "workflow.started",
        WorkflowStarted(run: RunID.sample(1).text, namespace: "A", workflow: "b").encoded()),
      record("workflow.completed", garbage), record("workflow.completed", []),
      record("workflow.completed", WorkflowCompleted(run: "nothing").encoded()),
      record("task.logs", garbage), record("task.logs", []),
      record("task.logs", TaskLog(attempt: "x", lines: [line]).encoded()),
      record("task.logs", TaskLog(attempt: attempt, first: -1, lines: [line]).encoded()),
      record("task.logs", TaskLog(attempt: attempt, first: .max, lines: [line, line]).encoded()),
      record(
        "task.logs",
        TaskLog(attempt: attempt, lines: [TaskLog.Line(stream: "sideways")]).encoded()),
    ]
  }

  @Test func `what cannot be understood is set aside whole and keeps nothing else`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = HistoryScene(world)
      scene.scheduler.put(1)
      let poison = Self.poison()
      let good = [
        HistoryScene.started(1), HistoryScene.completed(1), HistoryScene.lines(1, from: 0, 2),
      ]
      scene.bus.append(Array(poison.prefix(6)) + good + Array(poison.dropFirst(6)))
      try await scene.settle()
      #expect(try await scene.archive.job(.sample(1))?.state == "succeeded")
      let log = try await scene.archive.lines(of: .sample("say", run: 1), from: 0, limit: 9)
      #expect(log.lines.count == 2)
      let dead = scene.deadLetters
      #expect(dead.count == poison.count)
      for record in poison {
        let letters = dead.filter {
          $0.header("origin-topic") == record.topic && $0.value == record.value
        }
        #expect(letters.count == 1, "\(record)")
        #expect(letters.first?.header("origin-offset") != nil)
        #expect(letters.first?.header("error")?.isEmpty == false)
      }
      let complaints = world.telemetry.logs(atLeast: .error)
      #expect(complaints.filter { $0.name == "record.dead-lettered" }.count == poison.count)
    }
  }

  @Test func `a run that the scheduler has forgotten is passed over`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = HistoryScene(world)
      scene.bus.append([HistoryScene.started(1), HistoryScene.completed(1)])
      try await scene.settle()
      #expect(try await scene.archive.job(.sample(1))?.state == "queued")
      #expect(scene.deadLetters.isEmpty)
    }
  }

  @Test func `without scheduler or archive it waits and loses nothing`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = HistoryScene(world)
      scene.scheduler.put(1)
      scene.scheduler.failure = RPCError(.unavailable, "starting")
      scene.bus.append([HistoryScene.completed(1)])
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.scheduler.calls > 10)
      #expect(try await scene.archive.job(.sample(1)) == nil)
      scene.archive.faults.isDown = true
      scene.scheduler.failure = nil
      scene.bus.append([HistoryScene.lines(1, from: 0, 1)])
      try await world.here.time.sleep(for: .seconds(60))
      scene.archive.faults.isDown = false
      try await scene.settle()
      #expect(try await scene.archive.job(.sample(1))?.state == "succeeded")
      #expect(scene.deadLetters.isEmpty)
    }
  }
}
