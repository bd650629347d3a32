import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import WorkflowService

struct AnswerSweeperTests {
  private static let day: Int64 = 24 * 3_600 * 1_000_000

  private func write(_ store: FakeRecordStore, _ count: Int, at created: Int64) throws {
    for start in stride(from: 0, to: count, by: 500) {
      let rows = (start..<min(start + 500, count)).map { number in
        WorkflowTables.answers.insert(
          IdempotencyRecord(
            namespace: "default", principal: "ann", route: "POST /v1/runs",
            key: "\(created) \(number)", createdAtUs: created))
      }
      try store.write(RecordBatch(entries: rows))
    }
  }

  @Test func `what is older than a day goes, all of it, and nothing else`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let now = world.here.time.now().microseconds
      try write(scene.store, 1_201, at: now - 3 * Self.day)
      try write(scene.store, 7, at: now - Self.day + 1_200_000_000)
      func kept() -> [Int64] { scene.store.records(WorkflowTables.answers).map(\.createdAtUs) }
      try await world.wait(for: "the old ones to go", within: .seconds(700), every: .seconds(1)) {
        kept().count == 7
      }
      // Those of the second kind are a day old twenty minutes from the start on.
      try await world.wait(for: "the others", within: .seconds(1_300), every: .seconds(1)) {
        if kept().count < 7 {
          #expect(world.here.time.now().microseconds - now >= 1_200_000_000)
        }
        return kept().isEmpty
      }
    }
  }

  @Test func `it goes on after trouble`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world, records: .hostile) {
        $0.sweepEvery = .seconds(5)
      }
      try write(scene.store, 2_000, at: world.here.time.now().microseconds - 2 * Self.day)
      scene.store.faults.isDown = true
      try await world.here.time.sleep(for: .seconds(30))
      scene.store.faults.isDown = false
      try await world.wait(for: "the old ones to go", within: .seconds(600), every: .seconds(1)) {
        scene.store.records(WorkflowTables.answers).isEmpty
      }
    }
  }
}
