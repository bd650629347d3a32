import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing
import Wire

@testable import MetadataService

struct HistoryGatewayTests {
  @Test func `history gives the tasks of a run page by page, or one of them`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = HistoryScene(world)
      let run = RunID.sample(1)
      let names = (10..<15).map { "t\($0)" }
      try await scene.archive.store(
        jobs: [
          JobDocument(
            run: run, namespace: .default, workflow: WorkflowName(unchecked: "w"),
            version: VersionID("v1"), revision: 1, state: "failed",
            createdAt: Moment(microseconds: 1))
        ],
        tasks: names.map { name in
          TaskDocument(
            run: run, task: TaskKey(TaskName(unchecked: name)), revision: 3, state: "failed",
            attempts: [.init(fence: Fence(2), worker: "w", state: "failed", exitCode: 7)],
            outputs: ["n": .integer(1)])
        })
      func list(
        _ run: RunID, after: String = "", task: String = ""
      ) async throws -> ListTasksResponse {
        let request = ListTasksRequest(run: run.text, after: after, limit: 2, task: task)
        let bytes = try await scene.network.call(
          HistoryMethods.service, HistoryMethods.listTasks, request.encoded(),
          within: .seconds(5))
        return try ListTasksResponse(decoding: bytes)
      }
      try await world.wait(for: "history", within: .seconds(10)) {
        (try? await list(run)) != nil
      }
      var found: [String] = []
      var next = ""
      repeat {
        let page = try await list(run, after: next)
        found += page.tasks.map(\.task)
        next = page.next
      } while !next.isEmpty
      #expect(found == names)
      let one = try await list(run, task: "t12").tasks
      #expect(one.map(\.task) == ["t12"])
      #expect(one.first?.attempts.first?.exitCode == 7)
      #expect(one.first?.attempts.first?.fence == 2)
      #expect(one.first?.outputs["n"] != nil)
      #expect(try await list(run, task: "t99").tasks.isEmpty)
      await #expect(throws: RPCError.self) { _ = try await list(RunID.sample(2)) }
      await #expect(throws: RPCError.self) { _ = try await list(run, after: "[") }
    }
  }
}
