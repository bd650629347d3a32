import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// What others are told of runs.
struct ViewTests {
  @Test func `a run is told from memory, from rows and after its end alike`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try SchedulerScene(world)
      let first = scene.scheduler("scheduler-1")
      let run = scene.start(.chain(3), inputs: ["n": .integer(5)])
      scene.report(try await scene.offered(run, "task-00001"))
      _ = try await scene.offered(run, "task-00002")
      let owned = try #require(try await scene.view(run))
      #expect(owned.state == "running")
      #expect(owned.reason == nil)
      #expect(owned.counts == ["succeeded": 1, "dispatched": 1, "waiting": 1])
      #expect(owned.inputs == ["n": ValueMessage(.integer(5))])
      // A scheduler that owns nothing answers the same.
      scene.scheduler("scheduler-2")
      first.process.pause()
      try await world.here.time.sleep(for: .milliseconds(100))
      for _ in 0..<3 { #expect(try await scene.viewPatiently(run) == owned) }
      first.process.resume()
      scene.report(try await scene.offered(run, "task-00002"))
      scene.report(try await scene.offered(run, "task-00003"))
      try await scene.ended(run)
      let view = try #require(try await scene.view(run))
      #expect(view.state == "succeeded")
      #expect(view.counts == ["succeeded": 3])
      #expect(view.endedAtUs == scene.completions(run).first?.endedAtUs)
      #expect(view.revision == scene.completions(run).first?.revision)
    }
  }

  @Test func `tasks are listed in order with reasons, whether they have rows or not`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let run = scene.start(
        .sample(
          tasks: [
            .over("b", 5), .sample("a"), .sample("c", needs: ["a", "b"]), .sample("d"),
          ], finally: [.sample("z")]))
      try await scene.wait(for: "the instances") { scene.taskRows(run).count == 8 }
      let names = ["a", "b", "b[0]", "b[1]", "b[2]", "b[3]", "b[4]", "c", "d", "z"]
      for limit in [1, 2, 3, 7, 1_000] as [Int32] {
        let tasks = try await scene.tasks(run, perPage: limit)
        #expect(tasks.map(\.task) == names, "pages of \(limit)")
        for task in tasks where task.state != "running" {
          #expect(task.reason?.code.isEmpty == false, "\(task.task) is \(task.state)")
        }
        let waiting = tasks.first { $0.task == "c" }
        #expect(waiting?.reason?.code == "waits-for-needs")
        #expect(waiting?.reason?.blockers == ["a", "b"])
        #expect(waiting?.needs == ["a", "b"])
        #expect(tasks.last?.reason?.code == "waits-for-main-tasks")
        #expect(tasks.last?.isFinally == true)
        #expect(tasks.first { $0.task == "b" }?.itemCount == 5)
      }
      for name in names {
        let one = try await scene.list(ListTasksRequest(run: run.text, task: name))
        #expect(one.tasks.map(\.task) == [name])
      }
    }
  }

  /// Goal: the archive gets of many runs at once what it would get of each page by page.
  /// Method: runs of every kind, asked for in portions of every size.
  @Test(arguments: [1, 4, 7, 1_000] as [Int32])
  func `runs that have ended are told with their tasks, many at once`(tasksMax: Int32) throws {
    try Simulation.run(seed: 4) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let worker = scene.worker(slots: 20) { attempt in
        attempt.run == .sample(4) ? .hangs : .succeeds()
      }
      let plain = scene.start(.chain(3), run: 1)
      let list = scene.start(.sample("list", tasks: [.over("b", 5), .sample("a")]), run: 2)
      let other = scene.start(
        .sample("other", tasks: [.sample("x")], finally: [.sample("z")]), run: 3)
      let cancelled = scene.start(
        .sample("cancelled", tasks: [.sample("a"), .sample("b", needs: ["a"])]), run: 4)
      try await scene.wait(for: "it to run") { !worker[\.running].isEmpty }
      scene.command(.cancel, cancelled)
      for run in [plain, list, other, cancelled] { try await scene.ended(run) }
      let open = scene.start(.sample("open"), run: 6)
      let asked = [plain, list, .sample(5), other, cancelled, open].map(\.text)
      var left = asked[...]
      var told: [ExportRunsResponse.Run] = []
      while !left.isEmpty {
        let part = try await scene.export(Array(left), tasksMax: tasksMax)
        try #require((1...left.count).contains(part.count))
        let counts = part.map(\.tasks.count).filter { $0 > 0 }
        #expect(counts.count <= 1 || counts.reduce(0, +) <= tasksMax)
        told += part
        left = left.dropFirst(part.count)
      }
      #expect(told.map(\.id) == asked)
      for (exported, run) in zip(told, [plain, list, nil, other, cancelled, nil]) {
        guard let run else {
          #expect(exported.run == nil && exported.tasks.isEmpty)
          continue
        }
        let view = try await scene.view(run)
        #expect(exported.run == view)
        let tasks = try await scene.tasks(run)
        #expect(exported.tasks == Array(tasks.prefix(exported.tasks.count)))
        #expect(exported.next == (exported.tasks == tasks ? "" : exported.tasks.last?.task))
      }
    }
  }

  @Test func `what is not there or not asked well is said so`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let run = scene.start(.sample())
      _ = try await scene.offered(run)
      func code(_ body: () async throws -> Void) async throws -> RPCError.Code? {
        do {
          try await body()
          return nil
        } catch let error as RPCError {
          return error.code
        }
      }
      #expect(try await code { _ = try await scene.view(RunID.sample(9)) } == .notFound)
      #expect(
        try await code { _ = try await scene.list(ListTasksRequest(run: "no", limit: 1)) }
          == .invalidArgument)
      #expect(
        try await code { _ = try await scene.list(ListTasksRequest(run: run.text, after: "!")) }
          == .invalidArgument)
      #expect(
        try await code { _ = try await scene.list(ListTasksRequest(run: run.text, task: "x")) }
          == .notFound)
      let many: GetRunsResponse = try await scene.call(
        SchedulerMethods.service, SchedulerMethods.getRuns,
        GetRunsRequest(runs: [run.text, RunID.sample(9).text]))
      #expect(many.runs.map(\.run) == [run.text])
    }
  }
}

extension SchedulerScene {
  /// Asks until a process that is not paused gets the call.
  func viewPatiently(_ run: RunID) async throws -> RunView? {
    for _ in 0..<20 {
      do {
        return try await view(run)
      } catch let error as RPCError where error.code == .deadlineExceeded {
        continue
      }
    }
    return nil
  }
}
