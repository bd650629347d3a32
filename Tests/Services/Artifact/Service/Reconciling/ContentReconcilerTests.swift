import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Testing

@testable import ArtifactService

struct ContentReconcilerTests {
  private static let bytes = [UInt8](repeating: 7, count: 100)

  /// What a comparison finds: kind, standing and subject.
  private func differences(
    _ scene: Scene, _ repairs: Repairs = Repairs(),
    limits: ContentReconciler.Limits = ContentReconciler.Limits()
  ) async throws -> [Difference] {
    let found = Mutex<[Difference]>([])
    try await ContentReconciler(
      scene.store, scene.objects, time: scene.world.here.time, repairs: repairs, limits: limits
    ).run { difference in found.withLock { $0.append(difference) } }
    return found.withLock { $0 }
  }

  private func words(_ differences: [Difference]) -> [String] {
    differences.map { "\($0.kind.rawValue) \($0.standing.rawValue) \($0.subject)" }
  }

  private func key(_ scene: Scene, of artifact: String) throws -> String {
    try #require(scene.rows.first { $0.artifact == artifact }?.object?.key)
  }

  private func put(_ scene: Scene, _ name: String) async throws -> String {
    let answer = try await scene.put(name, Self.bytes)
    #expect(answer.status == 201)
    return answer.id
  }

  @Test func `stores of one moment agree, whatever is under way`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      for number in 0..<12 { _ = try await put(scene, "f\(number)") }
      let gone = try await put(scene, "gone")
      #expect(try await scene.call("DELETE", "/v1/artifacts/\(gone)").status == 204)
      var limits = ContentReconciler.Limits()
      limits.artifactsPerPageMax = 3
      limits.keysPerPageMax = 2
      limits.looksInFlightMax = 2
      #expect(words(try await differences(scene, limits: limits)) == [])
    }
  }

  @Test func `an artifact whose bytes are gone is told, and removed only when that is allowed`()
    throws
  {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      let kept = try await put(scene, "kept")
      let lost = try await put(scene, "lost")
      scene.objects.lose(try key(scene, of: lost))
      #expect(words(try await differences(scene)) == ["content-missing kept \(lost)"])
      #expect(
        words(try await differences(scene, Repairs(isOn: true)))
          == ["content-missing kept \(lost)"])
      #expect(
        words(try await differences(scene, Repairs(forgetsLostArtifacts: true)))
          == ["content-missing open \(lost)"])
      #expect(try await scene.call("GET", "/v1/artifacts/\(lost)").status == 200)
      let repairs = Repairs(isOn: true, forgetsLostArtifacts: true)
      #expect(
        words(try await differences(scene, repairs)) == ["content-missing mended \(lost)"])
      #expect(words(try await differences(scene, repairs)) == [])
      // The service does the rest: name, quota and row go together.
      try await scene.wait(for: "it to go", within: .seconds(30)) {
        scene.rows.allSatisfy { $0.artifact != lost || $0.phase == .removing }
      }
      #expect(try await scene.call("GET", "/v1/artifacts/\(lost)").status == 404)
      #expect(try await scene.call("GET", "/v1/artifacts/\(kept)").status == 200)
      #expect(try await scene.put("lost", Self.bytes).status == 201)
      #expect(scene.faults() == [])
    }
  }

  @Test func `objects that no record knows are told, and deleted only when that is allowed`()
    throws
  {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let kept = try await put(scene, "kept")
      let before = scene.store.snapshot
      let newer = try key(scene, of: try await put(scene, "newer"))
      scene.store.restore(before)
      _ = try await scene.objects.put("strange", [1], contentType: "t", ifAbsent: true)
      #expect(
        words(try await differences(scene, Repairs(isOn: true)))
          == ["object-unknown kept \(newer)", "object-unknown kept strange"])
      #expect(scene.objects.keys.contains(newer))
      let repairs = Repairs(isOn: true, deletesObjects: true)
      #expect(
        words(try await differences(scene, repairs))
          == ["object-unknown mended \(newer)", "object-unknown mended strange"])
      #expect(words(try await differences(scene, repairs)) == [])
      let left = try key(scene, of: kept)
      #expect(scene.objects.keys == [left])
    }
  }

  @Test func `bytes that are others than the record says are never explained`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world)
      let artifact = try await put(scene, "file")
      _ = try await scene.objects.put(
        try key(scene, of: artifact), [1, 2], contentType: "t", ifAbsent: false)
      let repairs = Repairs(isOn: true, deletesObjects: true, forgetsLostArtifacts: true)
      #expect(
        words(try await differences(scene, repairs)) == ["content-differs unexplained \(artifact)"])
      #expect(scene.objects.keys.count == 1)
    }
  }
}
