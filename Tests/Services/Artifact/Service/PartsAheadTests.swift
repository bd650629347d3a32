import ArtifactCore
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import ArtifactService

private let content = (0..<95).map { UInt8($0) }

struct PartsAheadTests {
  /// How long an upload of ten parts takes when each call to the store takes a second.
  private func length(_ configure: @escaping @Sendable (inout ArtifactConfiguration) -> Void)
    throws -> Duration
  {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) {
        $0.partBytes = 10
        configure(&$0)
      }
      scene.objects.faults.requestLatency = .seconds(1)...(.seconds(1))
      let begun = world.here.time.uptime()
      let put = try await scene.put("a", content, [Scene.digestField(content)])
      #expect(put.status == 201)
      let length = world.here.time.uptime() - begun
      #expect(put.value["sha256"]?.string == Scene.hexadecimal(content))
      #expect(scene.faults() == [])
      return length
    }
  }

  @Test func `parts are stored while the next ones come`() throws {
    // It is begun, fed and completed.
    #expect(try length { $0.partsAheadMax = 0 } >= .seconds(12))
    #expect(try length { $0.partsAheadMax = 9 } < .seconds(4))
    #expect(try length { $0.partsAheadMax = 4 } < .seconds(6))
  }

  @Test func `without memory for it parts are stored one after the other`() throws {
    #expect(try length { $0.partsAheadBytesMax = 9 } >= .seconds(12))
    #expect(try length { $0.partsAheadBytesMax = 10 } < .seconds(12))
  }

  /// Goal: a part that cannot be stored ends the upload, and nothing of it stays.
  @Test(arguments: UInt64(1)...4)
  func `an upload whose store goes away ends and leaves nothing`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try Scene(world) { $0.partBytes = 10 }
      scene.objects.faults.requestLatency = .milliseconds(10)...(.milliseconds(500))
      world.here.spawner.spawn("disaster") {
        try? await world.here.time.sleep(for: .milliseconds(600))
        scene.objects.faults.isDown = true
      }
      let put = try await scene.put("a", content)
      #expect(put.status == 503)
      scene.objects.faults = .calm
      #expect(try await scene.put("a", content).status < 300)
      try await world.here.time.sleep(for: .seconds(3_600 * 48))
      #expect(scene.objects.openUploads == [])
      #expect(scene.faults() == [])
    }
  }

  @Test(arguments: [11, 19, 20, 21, 30])
  func `a content of any number of parts comes back`(count: Int) throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.partBytes = 10 }
      let bytes = Array(content.prefix(count))
      let put = try await scene.put("a", bytes, [Scene.digestField(bytes)])
      #expect(put.status == 201)
      let got = try await scene.call("GET", "/v1/artifacts/\(put.id)/content")
      #expect(got.bytes == bytes)
      #expect(scene.faults() == [])
    }
  }
}
