import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import WorkflowService

struct LookTests {
  /// Starts as many runs as there are states and has the scheduler say so; nil stays unknown to it.
  private func runs(_ scene: Scene, _ states: [String?]) async throws -> [String] {
    if try await scene.get("/v1/workflows/default/hello").status == 404 {
      try await scene.apply("hello")
    }
    var ids: [String] = []
    for (number, state) in states.enumerated() {
      let reply = try await scene.send(
        "POST", "/v1/runs", #"{"workflow":"hello","labels":{"n":"\#(number % 3)"}}"#)
      let id = reply["id"]?.string ?? ""
      ids.append(id)
      if let state { scene.scheduler.put(id, state, labels: ["n": "\(number % 3)"]) }
      try await scene.world.here.time.sleep(for: .seconds(1))
    }
    return ids
  }

  private func ids(_ pages: [[Value]]) -> [String] {
    pages.joined().compactMap { $0["id"]?.string }
  }

  @Test func `runs are listed newest first, each as it stands`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let states = [nil, "running", "succeeded", nil, "failed", "cancelling", "timedOut"]
      let all = try await runs(scene, states)
      for limit in [1, 3, 7, 200] {
        let pages = try await scene.pages("/v1/runs?limit=\(limit)")
        #expect(ids(pages) == all.reversed())
        #expect(
          pages.joined().map { $0["state"]?.string } == states.reversed().map { $0 ?? "queued" })
      }
      #expect(ids(try await scene.pages("/v1/runs?state=queued")) == [all[3], all[0]])
      #expect(ids(try await scene.pages("/v1/runs?state=failed&limit=1")) == [all[4]])
      #expect(ids(try await scene.pages("/v1/runs?label.n=1&limit=1")) == [all[4], all[1]])
      #expect(ids(try await scene.pages("/v1/runs?workflow=hello&limit=2")) == all.reversed())
      #expect(ids(try await scene.pages("/v1/runs?workflow=other")) == [])
      #expect(ids(try await scene.pages("/v1/runs?namespace=other")) == [])
      for wrong in [
        "state=done", "workflow=A", "limit=0", "since=x", "cursor=00", "State=queued",
      ] {
        #expect(try await scene.get("/v1/runs?\(wrong)").status == 400, "\(wrong)")
      }
    }
  }

  @Test func `a span of time takes its beginning and leaves out its end`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      let all = try await runs(scene, [nil, nil, nil, nil])
      let records = scene.store.records(WorkflowTables.requests)
      func instant(_ id: String) -> String {
        let created = records.first { $0.run == id }?.createdAtUs ?? 0
        // Queries have milliseconds; the next one is surely behind the run.
        return PercentText.of(Moment(microseconds: created / 1_000 * 1_000 + 1_000).text)
      }
      #expect(
        ids(try await scene.pages("/v1/runs?since=\(instant(all[0]))&limit=1"))
          == [all[3], all[2], all[1]])
      #expect(
        ids(try await scene.pages("/v1/runs?before=\(instant(all[1]))&limit=1"))
          == [all[1], all[0]])
      #expect(
        ids(
          try await scene.pages("/v1/runs?since=\(instant(all[0]))&before=\(instant(all[2]))"))
          == [all[2], all[1]])
    }
  }

  /// Goal: runs that start while somebody reads move nothing.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `pages are stable while runs start and end`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      var faults = RecordStoreFaults.slow
      faults.shortPages = .percent(30)
      let scene = try await Scene(world, records: faults)
      let old = try await runs(scene, Array(repeating: "running", count: 20))
      for query in ["limit=3", "limit=3&label.n=1", "limit=3&workflow=hello&state=running"] {
        let pages = try await scene.pages("/v1/runs?\(query)") { page in
          if page < 4 { _ = try await runs(scene, ["running"]) }
        }
        let seen = ids(pages).filter(old.contains)
        let wanted = old.enumerated().filter { query.contains("label") ? $0.offset % 3 == 1 : true }
        #expect(seen == wanted.map(\.element).reversed(), "\(query)")
      }
    }
  }

  @Test func `a filter by state asks for pages of runs, not for one run after the other`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world) { $0.rowsScannedMax = 40 }
      let states: [String?] = (0..<60).map { $0 % 20 == 0 ? "failed" : "running" }
      let all = try await runs(scene, states)
      scene.scheduler[\.calls] = []
      let pages = try await scene.pages("/v1/runs?state=failed&limit=10")
      #expect(ids(pages) == [all[40], all[20], all[0]])
      #expect(scene.scheduler[\.calls].count <= 8)
      let one = try await scene.pages("/v1/runs?state=failed&limit=1")
      #expect(ids(one) == [all[40], all[20], all[0]])
    }
  }

  @Test func `without a scheduler nothing is made up`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try await Scene(world)
      let id = try #require(try await runs(scene, [nil]).first)
      func statuses() async throws -> [Int] {
        var statuses: [Int] = []
        for (method, target) in [
          ("GET", "/v1/runs/\(id)"), ("GET", "/v1/runs"), ("GET", "/v1/runs/\(id)/tasks"),
          ("GET", "/v1/runs/\(id)/explain"), ("POST", "/v1/runs/\(id)/cancel"),
        ] {
          statuses.append(try await scene.send(method, target).status)
        }
        return statuses
      }
      scene.scheduler[\.failure] = RPCError(.unavailable, "starting")
      #expect(try await statuses() == [503, 503, 503, 503, 503])
      scene.scheduler[\.failure] = nil
      scene.schedulerProcess.kill()
      #expect(try await statuses() == [503, 503, 503, 503, 503])
      // Starting needs none.
      #expect(try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#).status == 202)
      #expect(scene.bus.records("run.commands").isEmpty)
      scene.schedulerProcess.restart()
      try await world.here.time.sleep(for: .seconds(1))
      #expect(try await statuses() == [200, 200, 200, 200, 202])
    }
  }

  @Test func `what is no run is not found`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try await Scene(world)
      for id in ["x", "run_", "run_00000000000000000000000000", "RUN_1", "run_%C3%A4"] {
        for target in ["", "/tasks", "/explain", "/events"] {
          #expect(try await scene.get("/v1/runs/\(id)\(target)").status == 404, "\(id)\(target)")
        }
        #expect(try await scene.send("POST", "/v1/runs/\(id)/cancel").status == 404)
        #expect(try await scene.send("POST", "/v1/runs/\(id)/kill").status == 404)
      }
    }
  }

  @Test func `tasks come in pages, and explaining leaves out what needs no reason`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try await Scene(world)
      let id = try #require(try await runs(scene, ["running"]).first)
      let names = (10..<35).map { "t\($0)" }
      let states = ["waiting", "running", "succeeded", "failed", "skipped"]
      scene.scheduler[\.tasks] = [
        id: names.enumerated().map { number, name in
          TaskView(task: name, state: states[number % 5])
        }
      ]
      let pages = try await scene.pages("/v1/runs/\(id)/tasks?limit=10")
      #expect(pages.map(\.count) == [10, 10, 5])
      #expect(pages.joined().compactMap { $0["task"]?.string } == names)
      let other = try #require(try await runs(scene, ["running"]).first)
      let cursor = try #require(try await scene.get("/v1/runs/\(id)/tasks?limit=1").cursor)
      #expect(try await scene.get("/v1/runs/\(other)/tasks?cursor=\(cursor)").status == 400)

      let explained = try await scene.get("/v1/runs/\(id)/explain")
      #expect(explained["run"]?["state"] == .string("running"))
      #expect(explained["isComplete"] == .boolean(true))
      let told = explained["tasks"]?.items.map { $0["state"]?.string ?? "" } ?? []
      #expect(told.count == 15)
      #expect(!told.contains("running") && !told.contains("succeeded"))
    }
  }

  /// Goal: a run whose tasks the scheduler has forgotten does not look as if it had none.
  @Test func `tasks that the scheduler has forgotten come from history`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try await Scene(world)
      let id = try #require(try await runs(scene, ["succeeded"]).first)
      let early = try #require(try await runs(scene, [nil]).first)
      let names = (10..<15).map { "t\($0)" }
      scene.history[\.tasks] = [
        id: names.map { TaskView(task: $0, state: "succeeded", revision: 1) }
      ]
      let pages = try await scene.pages("/v1/runs/\(id)/tasks?limit=2")
      #expect(pages.map(\.count) == [2, 2, 1])
      #expect(pages.joined().compactMap { $0["task"]?.string } == names)
      #expect(try await scene.get("/v1/runs/\(early)/tasks").items == [])
      // Nobody knows now, which is not the same as no task; a run that has just been made has none.
      scene.historyProcess.kill()
      #expect(try await scene.get("/v1/runs/\(id)/tasks").status == 503)
      #expect(try await scene.get("/v1/runs/\(early)/tasks").items == [])
    }
  }

  @Test func `events tell each change once and end with the run`() throws {
    try Simulation.run(seed: 7) { world in
      let scene = try await Scene(world)
      let id = try #require(try await runs(scene, [nil]).first)
      world.schedule(after: .seconds(2)) {
        scene.scheduler.put(id, "running")
        scene.scheduler[\.tasks] = [
          id: [TaskView(task: "say", state: "running", revision: 1), TaskView(task: "wait")]
        ]
      }
      world.schedule(after: .seconds(40)) {
        scene.scheduler[\.tasks] = [
          id: [TaskView(task: "say", state: "succeeded", revision: 2), TaskView(task: "wait")]
        ]
      }
      world.schedule(after: .seconds(41)) { scene.scheduler.put(id, "succeeded") }
      let stream = try await scene.send(
        "GET", "/v1/runs/\(id)/events", "", Letter(type: nil, timeout: .seconds(60)))
      #expect(stream.fields["content-type"] == "text/event-stream")
      let text = String(decoding: stream.bytes, as: UTF8.self)
      let events = text.split(separator: "\n\n").map { $0.split(separator: "\n") }
      let kinds = events.map { $0.first.map(String.init) ?? "" }
      #expect(
        kinds.filter { $0 != ": alive" } == [
          "event: run", "event: run", "event: task", "event: task", "event: task", "event: run",
          "event: end",
        ])
      #expect(kinds.contains(": alive"))
      let numbers = text.split(separator: "\n").filter { $0.hasPrefix("id: ") }
      #expect(numbers == (1...6).map { "id: \($0)" })
    }
  }
}
