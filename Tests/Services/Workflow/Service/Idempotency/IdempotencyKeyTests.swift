import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import WorkflowService

struct IdempotencyKeyTests {
  private static let body = #"{"workflow":"hello"}"#

  private func started(_ scene: Scene, _ letter: Letter, _ body: String = body) async throws
    -> Reply
  {
    try await scene.send("POST", "/v1/runs", body, letter)
  }

  @Test func `the same request under one key is the same run`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      let first = try await started(scene, Letter(key: "k-1"))
      try await world.here.time.sleep(for: .seconds(23 * 3_600))
      scene.scheduler.put(try #require(first["id"]?.string), "succeeded")
      for body in [Self.body, #" { "workflow" : "h\u0065llo" } "#] {
        for key in ["k-1", "\"k-1\""] {
          let again = try await started(scene, Letter(key: key), body)
          #expect(again.status == first.status)
          #expect(again.bytes == first.bytes)
          #expect(again.fields["location"] == first.fields["location"])
        }
      }
      #expect(scene.store.records(WorkflowTables.requests).count == 1)
    }
  }

  @Test func `another request under a known key is refused`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      try await scene.apply("other")
      #expect(try await started(scene, Letter(key: "k")).status == 202)
      for body in [#"{"workflow":"other"}"#, #"{"workflow":"hello","labels":{"a":"b"}}"#] {
        let reply = try await started(scene, Letter(key: "k"), body)
        #expect(reply.status == 409)
        #expect(reply.code == "idempotency_key_reused")
      }
      #expect(scene.store.records(WorkflowTables.requests).count == 1)
    }
  }

  @Test func `a key belongs to its sender and namespace, and lasts a day`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      let other = Scene.definition("hello").replacing(
        "{\"id\"", with: "{\"namespace\":\"b\",\"id\"")
      #expect(try await scene.send("POST", "/v1/workflows", other).status == 201)
      let letters = [Letter(key: "k"), Letter(key: "k", user: "bob"), Letter(key: "K")]
      for letter in letters { #expect(try await started(scene, letter).status == 202) }
      let elsewhere = try await started(
        scene, Letter(key: "k"), #"{"workflow":"hello","namespace":"b"}"#)
      #expect(elsewhere.status == 202)
      #expect(scene.store.records(WorkflowTables.requests).count == 4)
      try await world.here.time.sleep(for: .seconds(25 * 3_600))
      #expect(try await started(scene, letters[0]).status == 202)
      #expect(scene.store.records(WorkflowTables.requests).count == 5)
    }
  }

  @Test func `a key is one visible word of bounded length`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      for (key, status) in [
        (String(repeating: "x", count: 254), 202), (String(repeating: "x", count: 255), 202),
        (String(repeating: "x", count: 256), 400), ("", 400), ("a b", 400), ("ä", 400),
        ("a\"b", 400), ("\"", 400), ("\"\"", 400), ("\"a", 400), ("~!", 202),
      ] {
        #expect(try await started(scene, Letter(key: key)).status == status, "\(key)")
      }
      let twice = Letter(key: "one", fields: [HTTPField("Idempotency-Key", "two")])
      #expect(try await started(scene, twice).code == "bad-idempotency-key")
    }
  }

  @Test func `requests that were refused use no key up`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try await Scene(world)
      #expect(try await started(scene, Letter(key: "k")).status == 404)
      try await scene.apply("hello")
      #expect(try await started(scene, Letter(key: "k")).status == 202)
    }
  }

  /// Goal: a hundred at once start one run.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `requests that race under one key are one run`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try await Scene(world, records: .slow, network: .slow)
      try await scene.apply("hello")
      let replies = await withTaskGroup(of: Reply?.self) { group in
        for _ in 0..<100 {
          group.addTask { try? await started(scene, Letter(key: "k")) }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(replies.allSatisfy { $0?.status == 202 })
      #expect(Set(replies.compactMap { $0?["id"]?.string }).count == 1)
      #expect(scene.store.records(WorkflowTables.requests).count == 1)
      try await world.wait(for: "an empty outbox", within: .seconds(60)) {
        scene.store.outbox(shard: WorkflowTables.outboxShard).isEmpty
      }
      #expect(Set(scene.announced).count == 1)
    }
  }

  /// Goal: whatever happens between request and answer, who repeats it ends with one run.
  /// Method: the service is killed again and again, answers are lost, commits are in doubt and take
  /// effect seconds later; each client repeats its request until it has an answer.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `crashes, lost answers and unknown outcomes never make a second run`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      scene.store.faults = .hostile
      scene.store.faults.unknownLater = .percent(15)
      scene.store.faults.unknownApplied = .percent(10)
      scene.network.faults = .hostile
      let random = world.stream(named: "kills")
      let keys = (0..<8).map { "key-\($0)" }
      let ids = try await withThrowingTaskGroup(of: String.self) { group in
        for key in keys {
          group.addTask { try await persistentStart(scene, key, world.here.time) }
        }
        for _ in 0..<6 {
          try await world.here.time.sleep(for: .milliseconds(random.below(2_000)))
          scene.service.restart(after: .milliseconds(random.below(500)))
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(ids).count == keys.count)
      scene.store.faults = .calm
      scene.network.faults = .calm
      // What is in doubt is decided by then.
      try await world.here.time.sleep(for: .seconds(10))
      try await world.wait(for: "an empty outbox", within: .seconds(60)) {
        scene.store.outbox(shard: WorkflowTables.outboxShard).isEmpty
      }
      let kept = scene.store.records(WorkflowTables.requests).map(\.run)
      #expect(kept.sorted() == ids.sorted())
      #expect(Set(scene.announced) == Set(ids))
    }
  }

  private func persistentStart(
    _ scene: Scene, _ key: String, _ time: any Time
  ) async throws -> String {
    for _ in 0..<500 {
      let reply = try? await started(scene, Letter(key: key, timeout: .seconds(2)))
      if let reply {
        if reply.status == 202, let id = reply["id"]?.string { return id }
        try #require(reply.status == 503, "\(reply.status) \(reply.code ?? "")")
      }
      try await time.sleep(for: .milliseconds(100))
    }
    Issue.record("no answer after 500 tries")
    return ""
  }
}
