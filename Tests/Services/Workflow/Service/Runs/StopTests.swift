import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import WorkflowService

struct StopTests {
  private func run(_ scene: Scene, _ state: String?) async throws -> String {
    try await scene.apply("hello")
    let reply = try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#)
    let id = try #require(reply["id"]?.string)
    if let state { scene.scheduler.put(id, state) }
    return id
  }

  private func commands(_ scene: Scene) throws -> [RunCommand] {
    try scene.bus.records("run.commands").map { try RunCommand(decoding: $0.record.value) }
  }

  @Test func `a command is kept, then sent to the owner of the run`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "running")
      scene.bus.faults.isDown = true
      for (verb, body) in [("cancel", #"{"reason":"too slow"}"#), ("kill", "")] {
        let reply = try await scene.send("POST", "/v1/runs/\(id)/\(verb)", body)
        #expect(reply.status == 202)
        #expect(reply["id"]?.string == id)
        #expect(reply.fields["location"] == "/v1/runs/\(id)")
      }
      scene.service.restart()
      try await scene.ready()
      scene.bus.faults.isDown = false
      try await world.wait(for: "both commands", within: .seconds(5)) {
        scene.bus.records("run.commands").count == 2
      }
      let sent = try commands(scene)
      #expect(sent.map(\.kind) == [.cancel, .kill])
      #expect(sent.map(\.reason) == ["too slow", ""])
      #expect(sent.allSatisfy { $0.run == id && $0.principal == "ann" })
      #expect(sent[0].command != sent[1].command)
      #expect(scene.bus.records("run.commands").allSatisfy { $0.record.key == id })
      let places = scene.bus.records("workflow.started").map(\.place.partition)
      #expect(scene.bus.records("run.commands").map(\.place.partition) == places + places)
    }
  }

  @Test func `a run can be stopped before the scheduler knows it`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, nil)
      let reply = try await scene.send("POST", "/v1/runs/\(id)/cancel")
      #expect(reply.status == 202)
      #expect(reply["state"] == .string("queued"))
    }
  }

  @Test(arguments: ["succeeded", "failed", "cancelled", "timedOut", "quarantined"])
  func `what has ended is not stopped`(state: String) throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, state)
      for verb in state == "quarantined" ? ["cancel"] : ["cancel", "kill", "pause", "resume"] {
        let reply = try await scene.send("POST", "/v1/runs/\(id)/\(verb)")
        #expect(reply.status == 409)
        #expect(reply.code == "run-ended")
      }
      try await world.here.time.sleep(for: .seconds(5))
      #expect(scene.bus.records("run.commands").isEmpty)
    }
  }

  @Test func `a body is optional, and never passed over`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "running")
      let long = String(repeating: "x", count: 1_000)
      for (body, letter, status) in [
        ("", Letter.bare, 202), ("{}", Letter(), 202), (#"{"reason":null}"#, Letter(), 202),
        (#"{"reason":"\#(long)"}"#, Letter(), 202), (#"{"reason":"\#(long)x"}"#, Letter(), 400),
        (#"{"reason":1}"#, Letter(), 400), (#"{"why":"x"}"#, Letter(), 400),
        ("", Letter(), 400), ("reason", Letter(), 400),
        (#"{"reason":"x"}"#, .bare, 415), (#"{"reason":"x"}"#, .yaml, 415),
        (
          #"{"reason":"x"}"#,
          Letter(fields: [HTTPField("Content-Type", "application/json")]), 415
        ),
      ] {
        let reply = try await scene.send("POST", "/v1/runs/\(id)/cancel", body, letter)
        #expect(reply.status == status, "\(body.prefix(30)) \(letter.type ?? "-")")
      }
    }
  }

  @Test func `an unknown outcome is no success, and repeating it is harmless`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try await Scene(world)
      let id = try await run(scene, "running")
      scene.store.faults.unknownApplied = .always
      let unknown = try await scene.send("POST", "/v1/runs/\(id)/kill")
      #expect(unknown.status == 503)
      #expect(unknown.fields["retry-after"] == "1")
      scene.store.faults = .calm
      #expect(try await scene.send("POST", "/v1/runs/\(id)/kill").status == 202)
      try await world.wait(for: "the commands", within: .seconds(5)) {
        scene.bus.records("run.commands").count >= 2
      }
      #expect(try commands(scene).allSatisfy { $0.kind == .kill && $0.run == id })
    }
  }
}
