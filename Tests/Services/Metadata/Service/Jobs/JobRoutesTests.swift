import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import MetadataService

struct JobRoutesTests {
  private static let states = ["queued", "succeeded", "failed"]

  /// Jobs by number, a minute apart, with states and labels that repeat.
  private func fill(_ scene: HistoryScene, _ count: UInt64) async throws {
    for number in 1...count {
      try await scene.archive.store(
        jobs: [
          JobDocument(
            run: .sample(number), namespace: .default,
            workflow: WorkflowName(unchecked: number % 2 == 0 ? "even" : "odd"),
            version: VersionID("v1"), revision: 1, state: Self.states[Int(number % 3)],
            labels: ["n": "\(number % 4)", "all": "yes"],
            createdAt: Moment(microseconds: Int64(number) * 60_000_000))
        ], tasks: [])
    }
  }

  private func runs(_ numbers: [UInt64]) -> [String] { numbers.map { RunID.sample($0).text } }

  @Test func `jobs are listed newest first, by every filter, in pages of any size`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = HistoryScene(world)
      try await fill(scene, 12)
      let all = Array((1...12 as ClosedRange<UInt64>).reversed())
      for (query, wanted) in [
        ("", all), ("workflow=even", all.filter { $0 % 2 == 0 }),
        ("state=failed", all.filter { $0 % 3 == 2 }), ("label.n=1", all.filter { $0 % 4 == 1 }),
        ("label.n=1&label.all=yes&workflow=odd&state=succeeded", [1]),
        ("label.n=9", []), ("workflow=none", []), ("namespace=other", []),
        ("since=1970-01-01T00:05:00Z", all.filter { $0 >= 5 }),
        ("before=1970-01-01T00:05:00Z", all.filter { $0 < 5 }),
        ("since=1970-01-01T00:05:00Z&before=1970-01-01T00:07:00Z", [6, 5]),
        ("filter=state=failed%20OR%20label.n=1", all.filter { $0 % 3 == 2 || $0 % 4 == 1 }),
        ("state=failed&filter=workflow!=even", all.filter { $0 % 3 == 2 && $0 % 2 == 1 }),
        ("state=failed&filter=state=succeeded", []),
      ] as [(String, [UInt64])] {
        for limit in [1, 5, 200] {
          let target = "/v1/jobs?limit=\(limit)" + (query.isEmpty ? "" : "&" + query)
          #expect(try await scene.ids(target) == runs(wanted), "\(target)")
        }
      }
    }
  }

  @Test func `a summary says what runs of a workflow come to`() throws {
    try Simulation.run(seed: 12) { world in
      let scene = HistoryScene(world)
      let start = Moment(microseconds: 1_000_000_000)
      for number in 1...20 as ClosedRange<UInt64> {
        let run = RunID.sample(number)
        var job = JobDocument(
          run: run, namespace: .default, workflow: WorkflowName(unchecked: "w"),
          version: VersionID("v1"), revision: 1,
          state: number == 20 ? "running" : number % 4 == 0 ? "failed" : "succeeded",
          createdAt: start + .seconds(Int64(number)))
        job.startedAt = job.createdAt + .seconds(1)
        job.endedAt = number == 20 ? nil : job.createdAt + .seconds(1 + Int64(number))
        var task = TaskDocument(
          run: run, task: TaskKey(TaskName(unchecked: "t")), revision: 1, state: "succeeded")
        task.attempts = [
          TaskDocument.Attempt(
            fence: Fence(1), state: "succeeded", queuedAt: start, startedAt: start + .seconds(2),
            endedAt: start + .seconds(5))
        ]
        try await scene.archive.store(jobs: [job], tasks: [task])
      }
      let root = "/v1/workflows/default/w/summary"
      let all = await scene.get(root)
      let members: [(String, String)] = [
        ("runs", "19"), ("isCut", "false"), ("failuresPerThousand", "210"),
        ("states", #"{"failed":4,"succeeded":15}"#),
        ("took", #"{"max":19000,"p50":10000,"p95":19000}"#),
        ("wait", #"{"max":1000,"p50":1000,"p95":1000}"#),
        (
          "tasks",
          #"[{"attempts":19,"states":{"succeeded":19},"task":"t","#
            + #""took":{"max":3000,"p50":3000,"p95":3000},"#
            + #""wait":{"max":2000,"p50":2000,"p95":2000}}]"#
        ),
      ]
      for (name, text) in members { #expect(all.json?[name]?.json == text, "\(name)") }
      let cut = await scene.get(root + "?runs=5")
      #expect(cut.json?["runs"]?.json == "5" && cut.json?["isCut"]?.json == "true")
      let none = await scene.get("/v1/workflows/default/none/summary")
      #expect(none.json?["runs"]?.json == "0" && none.json?["took"] == nil)
      #expect(await scene.get(root + "?runs=0").status == 400)
    }
  }

  @Test func `a cursor belongs to its list, and what is not understood is refused`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = HistoryScene(world)
      try await fill(scene, 5)
      let page = await scene.get("/v1/jobs?limit=1&label.all=yes").json
      let cursor = try #require(page?["nextCursor"]?.text)
      for (target, status) in [
        ("/v1/jobs?limit=2&label.all=yes&cursor=\(cursor)", 200),
        ("/v1/jobs?limit=1&cursor=\(cursor)", 400),
        ("/v1/jobs?label.all=no&cursor=\(cursor)", 400), ("/v1/jobs?cursor=0-0", 400),
        ("/v1/jobs/\(RunID.sample(1).text)/tasks?cursor=\(cursor)", 400),
        ("/v1/jobs?limit=0", 400), ("/v1/jobs?limit=201", 400), ("/v1/jobs?workflow=A", 400),
        ("/v1/jobs?state=done", 400), ("/v1/jobs?since=x", 400),
        ("/v1/jobs?filter=", 400), ("/v1/jobs?filter=state=done", 400), ("/v1/jobs?unknown=1", 400),
        ("/v1/jobs?namespace=A", 400), ("/v1/jobs/x", 404), ("/v1/jobs/x/tasks", 404),
        ("/v1/jobs/\(RunID.sample(99).text)", 404),
        ("/v1/jobs/\(RunID.sample(99).text)/tasks", 404),
      ] {
        #expect(await scene.get(target).status == status, "\(target)")
      }
    }
  }

  @Test func `a job tells how long it waited and took, and so does each attempt`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = HistoryScene(world)
      scene.scheduler.put(1, tasks: 12)
      scene.bus.append([HistoryScene.completed(1)])
      try await scene.settle()
      let id = RunID.sample(1).text
      let job = try #require(await scene.get("/v1/jobs/\(id)").json)
      #expect(job["state"] == .string("succeeded"))
      #expect(job["wait"] == .integer(2_500))
      #expect(job["took"] == .integer(6_500))
      #expect(job["createdAt"] == .string("1970-01-01T00:00:01.000Z"))
      #expect(job["tasks"] == .object(["succeeded": .integer(12)]))
      for limit in [1, 5, 12, 200] {
        let names = try await scene.ids("/v1/jobs/\(id)/tasks?limit=\(limit)")
        #expect(names == (0..<12).map { "t\(10_000 + $0)" })
      }
      let task = await scene.get("/v1/jobs/\(id)/tasks?limit=1").json?["items"]?.items.first
      let attempt = try #require(task?["attempts"]?.items.first)
      #expect(attempt["wait"] == .integer(250))
      #expect(attempt["took"] == .integer(2_750))
      #expect(attempt["exitCode"] == .integer(0))
      #expect(task?["outputs"] == .object(["n": .integer(0)]))
    }
  }

  @Test func `without an archive it says so`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = HistoryScene(world)
      scene.archive.faults.isDown = true
      for target in ["/v1/jobs", "/v1/jobs/\(RunID.sample(1).text)"] {
        #expect(await scene.get(target).status == 503)
      }
    }
  }

  @Test func `the jobs of another namespace are not there`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = HistoryScene(world)
      try await fill(scene, 1)
      let id = RunID.sample(1).text
      let own = Principal(
        id: "u", kind: .user, name: "u", namespaces: [.default: Role.viewer.permissions])
      let other = Principal(
        id: "o", kind: .user, name: "o",
        namespaces: [NamespaceName(unchecked: "other"): Role.admin.permissions])
      for target in ["/v1/jobs", "/v1/jobs/\(id)", "/v1/jobs/\(id)/tasks"] {
        #expect(await scene.get(target, as: own).status == 200, "\(target)")
        #expect(await scene.get(target, as: other).status == 404, "\(target)")
      }
      let missing = await scene.get("/v1/jobs/\(RunID.sample(2).text)", as: other).json
      let hidden = await scene.get("/v1/jobs/\(id)", as: other).json
      #expect(
        hidden?["detail"]?.text?.replacing(id, with: "")
          == missing?["detail"]?.text?.replacing(RunID.sample(2).text, with: ""))
    }
  }

  private static let policy: [CredentialMatrix.Rule] = [
    .init("GET /v1/workflows/{namespace}/{workflow}/summary", .runRead),
    .init("GET /v1/jobs", .runRead), .init("GET /v1/jobs/{run}", .runRead),
    .init("GET /v1/jobs/{run}/tasks", .runRead), .init("GET /v1/runs/{run}/logs", .logRead),
    .init("GET /v1/runs/{run}/tasks/{task}/logs", .logRead),
    .init("GET /v1/runs/{run}/tasks/{task}/attempts/{attempt}/logs", .logRead),
  ]

  @Test func `every route lets in whom the policy names and nobody else`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = HistoryScene(world)
      try await world.here.time.sleep(for: .seconds(1))
      let context = HistoryScene.context(world.here)
      let matrix = CredentialMatrix(scene.routes, Self.policy)
      #expect(matrix.gaps == [])
      #expect(await matrix.violations(in: context) == [])
      #expect(await matrix.survivors(in: context) == [])
      #expect(await matrix.aliases(in: context) == [])
    }
  }
}
