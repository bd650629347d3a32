import ArtifactCore
import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import ArtifactService

struct RetentionTests {
  @Test func `a deleted artifact leaves nothing and its name is free`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put("a", [1])
      #expect(try await scene.call("DELETE", "/v1/artifacts/\(put.id)").status == 204)
      #expect(try await scene.call("GET", "/v1/artifacts/\(put.id)").status == 404)
      #expect(try await scene.call("DELETE", "/v1/artifacts/\(put.id)").status == 404)
      #expect(try await scene.put("a", [2]).status == 201)
      try await scene.wait(for: "one to be left", within: .seconds(3_600)) {
        scene.rows.count == 1 && scene.objects.keys.count == 1
      }
      #expect(scene.faults() == [])
    }
  }

  @Test func `an upload that its client never finished is removed`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) {
        $0.partBytes = 10
        $0.limits.pendingFor = .seconds(60)
      }
      let made = try await scene.post(
        "/v1/artifacts", .object(["name": .string("a"), "size": .integer(11)]))
      _ = try await scene.call(
        "PUT", "/v1/artifacts/\(made.id)/parts/1", [UInt8](repeating: 1, count: 10))
      #expect(scene.usage.map(\.bytes) == [11])
      #expect(scene.objects.openUploads.count == 1)
      try await world.here.time.sleep(for: .seconds(65))
      #expect(try await scene.call("GET", "/v1/artifacts/\(made.id)").status == 404)
      #expect(scene.usage.map(\.bytes) == [0])
      try await scene.wait(for: "nothing to be left", within: .seconds(3_600)) {
        scene.rows.isEmpty && scene.objects.openUploads.isEmpty
      }
    }
  }

  /// Goal: the end of a run starts the clock, however often and late it is told.
  @Test func `the files of a run go with the run`() throws {
    try Simulation.run(seed: 1) { world in
      let hour = Duration.seconds(3_600)
      let scene = try Scene(world) {
        $0.retention.usual = .seconds(5 * 3_600)
        $0.sweepEvery = .seconds(60)
        $0.pollWait = .seconds(60)
      }
      for name in ["a", "b", "c"] { #expect(try await scene.put(name, [1]).status == 201) }
      let foreign = try await scene.put("a", [1], run: Scene.foreignRun)
      let end = world.now
      for _ in 0..<3 { scene.end(at: end) }
      scene.bus.append([
        BusRecord(topic: "workflow.completed", key: "x", value: [0xff, 0xff])
      ])
      try await world.here.time.sleep(for: hour * 4)
      #expect(scene.rows.count == 4)
      #expect(scene.runs.first { $0.run == Scene.run.text }?.phase == .ended)
      #expect(scene.bus.records("artifact.dead-letters").count == 1)
      try await world.here.time.sleep(for: hour * 2)
      #expect(scene.rows.map(\.run) == [Scene.foreignRun.text])
      #expect(scene.objects.keys.count == 1)
      #expect(scene.runs.map(\.run) == [Scene.foreignRun.text])
      #expect(
        try await scene.call("GET", "/v1/artifacts/\(foreign.id)/content").bytes == [1])
      #expect(scene.faults() == [])
    }
  }

  @Test func `a file of no run is kept for its time`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) {
        $0.limits.unattachedKeptFor = .seconds(100)
      }
      let made = try await scene.post(
        "/v1/artifacts", .object(["name": .string("in.csv"), "size": .integer(1)]))
      let put = try await scene.call("PUT", "/v1/artifacts/\(made.id)/content", [7])
      #expect(put.status == 200)
      #expect(put.value["expiresAt"] != nil)
      let list = try await scene.call("GET", "/v1/artifacts?namespace=default")
      #expect(list.value["items"]?.items.count == 1)
      try await world.here.time.sleep(for: .seconds(105))
      #expect(try await scene.call("GET", "/v1/artifacts/\(made.id)").status == 404)
    }
  }

  /// Goal: whatever the stores do and whenever the service dies, what is ready is there, what is
  /// paid is what there is, and in the end nothing is left that nobody owns.
  /// Method: clients repeat uploads and deletions through all faults, the service is killed now and
  /// then; the invariants are judged at every step, leaks after the dust has settled.
  @Test(arguments: UInt64(1)...12)
  func `no fault makes an artifact lie or leak`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try Scene(world, records: .hostile, objects: .hostile) {
        $0.partBytes = 8
        $0.limits.pendingFor = .seconds(300)
        $0.limits.lateWritesWithin = .seconds(30)
      }
      let random = world.stream(named: "clients")
      var acknowledged: [(id: String, content: [UInt8])] = []
      for step in 0..<60 {
        let content = [UInt8](repeating: UInt8(step), count: random.below(30))
        let name = "n\(random.below(12))"
        switch random.below(8) {
        case 0:
          scene.service.restart(after: .milliseconds(Int64(random.below(400))))
        case 1:
          if let some = acknowledged.popLast() {
            _ = try? await scene.call("DELETE", "/v1/artifacts/\(some.id)")
          }
        default:
          let put = try? await scene.put(name, content)
          if let put, put.status == 201 { acknowledged.append((put.id, content)) }
        }
        #expect(scene.faults() == [], "step \(step)")
      }
      scene.store.faults = .calm
      scene.objects.faults = .calm
      try await world.here.time.sleep(for: .seconds(1_200))
      #expect(scene.faults() == [])
      for (id, content) in acknowledged {
        let got = try await scene.call("GET", "/v1/artifacts/\(id)/content")
        #expect(got.status == 200 && got.bytes == content)
      }
      #expect(scene.rows.allSatisfy { $0.phase == .ready })
      let owned = SortedSet(scene.rows.compactMap { $0.object?.key })
      #expect(scene.objects.keys.filter { !owned.contains($0) } == [])
    }
  }
}
