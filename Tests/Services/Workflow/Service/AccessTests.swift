import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import WorkflowService

struct AccessTests {
  /// Who may do what, written down apart from the routes.
  private static let policy: [CredentialMatrix.Rule] = [
    .init("POST /v1/workflows", .workflowEdit),
    .init("GET /v1/workflows", .workflowRead),
    .init("GET /v1/workflows/{namespace}/{workflow}", .workflowRead),
    .init("GET /v1/workflows/{namespace}/{workflow}/versions", .workflowRead),
    .init("GET /v1/workflows/{namespace}/{workflow}/source", .workflowRead),
    .init("DELETE /v1/workflows/{namespace}/{workflow}", .workflowEdit),
    .init("POST /v1/runs", .runStart),
    .init("GET /v1/runs", .runRead),
    .init("GET /v1/runs/{run}", .runRead),
    .init("GET /v1/runs/{run}/tasks", .runRead),
    .init("GET /v1/runs/{run}/explain", .runRead),
    .init("GET /v1/runs/{run}/events", .runRead),
    .init("POST /v1/runs/{run}/cancel", .runStop),
    .init("POST /v1/runs/{run}/kill", .runStop),
    .init("POST /v1/runs/{run}/pause", .runChange),
    .init("POST /v1/runs/{run}/resume", .runChange),
    .init("POST /v1/runs/{run}/rerun", .runStart),
    .init("POST /v1/runs/rerun", .runStart),
    .init("POST /v1/runs/{run}/tasks/{task}/skip", .runChange),
    .init("POST /v1/runs/{run}/tasks/{task}/state", .runChange),
  ]

  @Test func `every route lets in whom the policy names and nobody else`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let context = ServiceContext(
        process: .sample(), time: world.here.time, randomness: world.here.randomness,
        spawner: world.here.spawner, telemetry: world.here.telemetry)
      let server = WorkflowServer(
        WorkflowPorts(
          store: scene.store, bus: scene.bus, network: scene.network, scanner: FakeScanner(),
          digest: FakeDigest(), context: context,
          seal: CursorSeal(key: "key", digest: FakeDigest())))
      let matrix = CredentialMatrix(server.routes, AccessTests.policy)
      #expect(matrix.gaps == [])
      #expect(await matrix.violations(in: context) == [])
      #expect(await matrix.survivors(in: context) == [])
      #expect(await matrix.aliases(in: context) == [])
      // Nothing of all that had an effect.
      #expect(scene.store.commitCount == 0)
    }
  }
}
