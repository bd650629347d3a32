import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import WorkflowService

/// What becomes of runs whose announcement never came to a scheduler.
struct RedriveTests {
  private func start(_ count: Int, in scene: Scene) async throws -> [String] {
    var ids: [String] = []
    for _ in 0..<count {
      let run = try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#)
      ids.append(try #require(run["id"]?.string))
    }
    return ids
  }

  @Test func `a run that the scheduler does not know is announced again until it does`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      let ids = try await start(3, in: scene)
      try await world.wait(for: "the announcements", within: .seconds(5)) {
        scene.announced.count == 3
      }
      scene.scheduler.put(ids[0], "running")
      scene.scheduler.put(ids[2], "succeeded")
      // The broker loses what it had.
      scene.bus.recreate("workflow.started")
      #expect(scene.announced == [])
      try await world.wait(for: "the lost one", within: .seconds(40)) { !scene.announced.isEmpty }
      #expect(scene.announced == [ids[1]])
      let record = try #require(scene.bus.records("workflow.started").first).record
      #expect(record.key == ids[1])
      // And once more, as nobody has taken it in.
      try await world.wait(for: "the next try", within: .seconds(40)) {
        scene.announced == [ids[1], ids[1]]
      }
      scene.scheduler.put(ids[1], "running")
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.announced.count <= 3, "whoever is known is left in peace")
    }
  }

  @Test func `what is young is left to the bus`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      let ids = try await start(1, in: scene)
      try await world.here.time.sleep(for: .seconds(12))
      #expect(scene.announced == ids)
    }
  }

  /// Goal: nothing is passed over when there are more than fit into one look, or when the scheduler
  /// has no answer for a while.
  @Test func `requests are gone through in portions, whoever is away for a while`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world) { $0.redrivePageMax = 4 }
      try await scene.apply("hello")
      let ids = try await start(11, in: scene)
      scene.scheduler[\.failure] = RPCError(.unavailable, "gone")
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.announced.count == ids.count, "nobody can tell what is missing")
      scene.bus.recreate("workflow.started")
      scene.scheduler[\.failure] = nil
      try await world.wait(for: "all of them", within: .seconds(200)) {
        for run in scene.announced { scene.scheduler.put(run, "running") }
        return Set(scene.announced) == Set(ids)
      }
    }
  }
}
