import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import WorkflowService

struct CommandTests {
  static let definition =
    #"{"id":"hello","tasks":{"a":{"run":"true","outputs":{"n":"integer"}},"b":{"run":"true","#
    + #""needs":["a"]},"c":{"forEach":[1,2],"run":"true"}}}"#

  private func run(_ scene: Scene, _ state: String) async throws -> String {
    _ = try await scene.send("POST", "/v1/workflows", Self.definition)
    let reply = try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#)
    let id = try #require(reply["id"]?.string)
    scene.scheduler.put(id, state)
    scene.scheduler[\.tasks][id] = [
      TaskView(task: "a", state: "backoff"), TaskView(task: "b", state: "skipped"),
      TaskView(task: "c", state: "running", itemCount: 2),
    ]
    return id
  }

  private func sent(_ scene: Scene, _ world: SimulatedWorld) async throws -> RunCommand {
    try await world.wait(for: "the command", within: .seconds(5)) {
      !scene.bus.records("run.commands").isEmpty
    }
    return try RunCommand(decoding: scene.bus.records("run.commands")[0].record.value)
  }

  @Test(arguments: [
    ("pause", "running", 202, ""), ("pause", "paused", 409, "run-paused"),
    ("resume", "paused", 202, ""), ("resume", "running", 409, "run-not-paused"),
    ("pause", "cancelling", 409, "run-cancelling"), ("kill", "quarantined", 202, ""),
  ])
  func `a run is paused and resumed where that has an effect`(
    verb: String, state: String, status: Int, code: String
  ) throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, state)
      let reply = try await scene.send("POST", "/v1/runs/\(id)/\(verb)", #"{"reason":"x"}"#)
      #expect(reply.status == status)
      #expect(reply.code ?? "" == code)
      guard status == 202 else { return }
      let command = try await sent(scene, world)
      #expect(command.reason == "x")
      #expect(command.principal == "ann")
    }
  }

  @Test func `a task is skipped, with who and why`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "running")
      let reply = try await scene.send(
        "POST", "/v1/runs/\(id)/tasks/a/skip", #"{"reason":"known to be broken"}"#)
      #expect(reply.status == 202)
      let command = try await sent(scene, world)
      #expect(command.kind == .override)
      #expect(command.task == "a")
      #expect(command.outcome == "skipped")
      #expect(command.reason == "known to be broken")
    }
  }

  @Test func `a task that succeeds by hand has exactly its outputs`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "running")
      for (body, status) in [
        (#"{"state":"succeeded"}"#, 422), (#"{"state":"succeeded","outputs":{"n":"x"}}"#, 422),
        (#"{"state":"succeeded","outputs":{"n":1,"m":2}}"#, 422),
        (#"{"state":"failed","outputs":{"n":1}}"#, 422), (#"{"state":"running"}"#, 400),
        (#"{"outputs":{}}"#, 400), (#"{"state":"succeeded","outputs":{"n":1}}"#, 202),
      ] {
        let reply = try await scene.send("POST", "/v1/runs/\(id)/tasks/a/state", body)
        #expect(reply.status == status, "\(body)")
      }
      let command = try await sent(scene, world)
      #expect(command.outcome == "succeeded")
      #expect(SortedMap<String, Value>(command.outputs) == ["n": .integer(1)])
    }
  }

  @Test(arguments: [
    ("b", 409, "task-ended"), ("c", 409, "task-unfolds"), ("z", 404, "not-found"),
    ("no%20name", 404, "not-found"),
  ])
  func `what cannot be ended by hand is said at once`(
    task: String, status: Int, code: String
  ) throws {
    try Simulation.run(seed: 4) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "running")
      let reply = try await scene.send("POST", "/v1/runs/\(id)/tasks/\(task)/skip")
      #expect(reply.status == status)
      #expect(reply.code == code)
    }
  }

  // MARK: Reruns

  private func started(_ scene: Scene, _ world: SimulatedWorld) async throws -> WorkflowStarted {
    try await world.wait(for: "the rerun", within: .seconds(5)) { scene.announced.count > 1 }
    let records = scene.bus.records("workflow.started")
    return try WorkflowStarted(decoding: records[records.count - 1].record.value)
  }

  @Test func `a rerun is a run of its own with the version and inputs of the earlier one`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "failed")
      let before = try await scene.get("/v1/runs/\(id)")["version"]
      _ = try await scene.send(
        "POST", "/v1/workflows", Self.definition.replacing("true", with: "false"))
      let reply = try await scene.send(
        "POST", "/v1/runs/\(id)/rerun", #"{"mode":"failed","skip":["a"],"reason":"flaky"}"#,
        Letter(key: "k"))
      #expect(reply.status == 202)
      #expect(reply["rerunOf"] == .string(id))
      #expect(reply["version"]?.string != nil)
      let again = try await scene.send(
        "POST", "/v1/runs/\(id)/rerun", #"{"mode":"failed","skip":["a"],"reason":"flaky"}"#,
        Letter(key: "k"))
      #expect(again["id"] == reply["id"])
      let message = try await started(scene, world)
      #expect(message.rerun?.run == id)
      #expect(message.rerun?.mode == "failed")
      #expect(message.rerun?.skipped == ["a"])
      _ = before
      let latest = try await scene.send("POST", "/v1/runs/\(id)/rerun", #"{"latest":true}"#)
      #expect(latest["version"] != reply["version"])
    }
  }

  @Test(arguments: [
    (#"{"mode":"from"}"#, 422), (#"{"mode":"from","tasks":["z"]}"#, 422),
    (#"{"mode":"all","tasks":["a"]}"#, 422), (#"{"mode":"only","tasks":["a"],"skip":["a"]}"#, 422),
    (#"{"mode":"some"}"#, 400), (#"{"task":["a"]}"#, 400), (#"{"mode":"only","tasks":["a"]}"#, 202),
    ("", 202),
  ])
  func `a rerun that makes no sense is refused with what would`(body: String, status: Int) throws {
    try Simulation.run(seed: 6) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "failed")
      let reply = try await scene.send("POST", "/v1/runs/\(id)/rerun", body)
      #expect(reply.status == status, "\(body)")
    }
  }

  @Test func `only what has ended is run again`() throws {
    try Simulation.run(seed: 7) { world in
      let scene = try await Scene(world)
      for state in ["running", "paused", "cancelling", "quarantined"] {
        let id = try await run(scene, state)
        let reply = try await scene.send("POST", "/v1/runs/\(id)/rerun")
        #expect(reply.status == 409)
        #expect(reply.code == "run-not-ended")
      }
    }
  }

  @Test func `many runs are run again, by their ids or by what they are`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = try await Scene(world)
      var ids: [String] = []
      for state in ["failed", "succeeded", "failed", "running"] {
        ids.append(try await run(scene, state))
      }
      let byState = try await scene.send("POST", "/v1/runs/rerun", #"{"workflow":"hello"}"#)
      #expect(byState.status == 202)
      #expect(SortedSet(byState.items.compactMap { $0["run"]?.string }) == [ids[0], ids[2]])
      #expect(byState.items.allSatisfy { $0["rerun"] != nil })
      let byID = try await scene.send(
        "POST", "/v1/runs/rerun", #"{"runs":["\#(ids[1])","\#(ids[3])"],"mode":"all"}"#)
      let answers = SortedMap(
        byID.items.compactMap { item in
          item["run"]?.string.map { ($0, item["code"]?.string ?? "rerun") }
        })
      #expect(answers == [ids[1]: "rerun", ids[3]: "run-not-ended"])
      for (body, status) in [
        ("{}", 400), (#"{"runs":[],"workflow":"hello"}"#, 400),
        (#"{"workflow":"hello","state":"running"}"#, 400), (#"{"runs":["x"]}"#, 404),
        (#"{"workflow":"hello","limit":101}"#, 400), (#"{"runs":[]}"#, 400),
      ] {
        #expect(try await scene.send("POST", "/v1/runs/rerun", body).status == status, "\(body)")
      }
    }
  }
}

extension String {
  fileprivate func replacing(_ one: String, with other: String) -> String {
    split(separator: one, omittingEmptySubsequences: false).joined(separator: other)
  }
}
