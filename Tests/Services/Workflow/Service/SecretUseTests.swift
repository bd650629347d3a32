import SimulationFakes
import SimulationKit
import Testing

@testable import WorkflowService

struct SecretUseTests {
  private static let definition = #"""
    {"id":"deploy","secrets":["KEY"],
     "tasks":{"go":{"run":["go"],"env":{"KEY":"${{ secrets.KEY }}"}}}}
    """#

  /// Goal: a permission to write or run workflows is none to use secrets.
  @Test func `workflows with secrets are written and run by who may use secrets`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let start = #"{"workflow":"deploy"}"#
      var blind = Letter()
      blind.user = "blind"
      for target in ["/v1/workflows", "/v1/workflows?dryRun=true"] {
        let refused = try await scene.send("POST", target, Self.definition, blind)
        #expect(refused.status == 403)
        #expect(refused["detail"]?.string?.contains("secret:use") == true)
      }
      #expect(scene.store.commitCount == 0)
      #expect(try await scene.send("POST", "/v1/workflows", Self.definition).status == 201)
      #expect(try await scene.send("POST", "/v1/runs", start, blind).status == 403)
      #expect(scene.bus.records("workflow.started").isEmpty)
      #expect(try await scene.send("POST", "/v1/runs", start).status == 202)
      // Without secrets nothing is asked for.
      try await scene.apply("hello")
      let hello = try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#, blind)
      #expect(hello.status == 202)
    }
  }
}
