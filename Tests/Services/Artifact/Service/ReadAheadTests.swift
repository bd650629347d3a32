import ArtifactCore
import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Testing

@testable import ArtifactService

private let content = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 / 3) }

struct ReadAheadTests {
  /// A content at a key, and who reads it.
  private func reader(_ scene: Scene, _ ports: ArtifactPorts) async throws -> ContentReader {
    let summary = try await scene.objects.put("k", content, contentType: "t", ifAbsent: true)
    return ContentReader(
      ports: ports, key: "k",
      content: Content(
        size: summary.size, digest: try #require(ContentDigest(hexadecimal: summary.digest))))
  }

  private static func small(_ configuration: inout ArtifactConfiguration) {
    configuration.readBytes = 30
    configuration.readAheadPieceBytes = 70
    configuration.readAheadPiecesMax = 3
  }

  /// Method: pieces that come in any order, of the whole and of parts that begin anywhere.
  @Test(arguments: UInt64(1)...8)
  func `pieces that come in any order are given out in theirs`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try Scene(world, objects: .slow) {
        Self.small(&$0)
        $0.sendBytes = 7
      }
      let put = try await scene.put("a", content)
      for range in [0..<1_000, 1..<1_000, 333..<901, 69..<71, 0..<31] {
        let got = try await scene.call(
          "GET", "/v1/artifacts/\(put.id)/content", [],
          [HTTPField("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")])
        #expect(got.bytes == Array(content[range]))
      }
    }
  }

  @Test func `an object is looked at once, however many pieces are read`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { Self.small(&$0) }
      let put = try await scene.put("a", content)
      let (looks, reads) = (scene.objects.lookCount, scene.objects.readCount)
      let got = try await scene.call("GET", "/v1/artifacts/\(put.id)/content")
      #expect(got.bytes == content)
      #expect(scene.objects.lookCount == looks + 1)
      // 30 bytes, 40 to the first multiple of 70, and 930 more.
      #expect(scene.objects.readCount == reads + 1 + 1 + 14)
    }
  }

  /// Goal: a reader that takes nothing holds back who reads for it.
  @Test(arguments: [0, 69, 70, 140, 1_000])
  func `no more is read ahead than there is memory for`(budget: Int) throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let ports = scene.ports {
        Self.small(&$0)
        $0.readAheadBytesMax = budget
      }
      let reader = try await reader(scene, ports)
      let sink = SlowSink()
      let first = try await reader.first(of: 0..<1_000)
      #expect(scene.objects.readCount == 1)
      world.here.spawner.spawn("reader") {
        try? await reader.write(0..<1_000, first: first, to: sink)
      }
      let piecesMax = min(3, budget / 70)
      for number in 1...6 {
        try await world.here.time.sleep(for: .seconds(1))
        // What was written, what is being written, and what waits behind it.
        let isFirst = number == 1
        let ahead = isFirst ? 1 : number + max(piecesMax, 1) - 1
        #expect(scene.objects.readCount == ahead)
        sink.letOne()
      }
      for _ in 0..<50 {
        sink.letOne()
        try await world.here.time.sleep(for: .seconds(1))
      }
      #expect(sink.bytes == content)
      // Everything was given back.
      #expect(ports.readAhead.take(upTo: 100, of: 70) == budget / 70)
    }
  }

  /// Method: a late write of the same content, between two pieces.
  @Test func `the same content that was put again is read on`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let reader = try await reader(scene, scene.ports { Self.small(&$0) })
      let first = try await reader.first(of: 0..<1_000)
      try await scene.objects.put("k", content, contentType: "t", ifAbsent: false)
      let sink = SlowSink(isOpen: true)
      try await reader.write(0..<1_000, first: first, to: sink)
      #expect(sink.bytes == content)
    }
  }

  @Test func `another content is never read on`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let ports = scene.ports { Self.small(&$0) }
      let reader = try await reader(scene, ports)
      let first = try await reader.first(of: 0..<1_000)
      try await scene.objects.put(
        "k", content.reversed(), contentType: "t", ifAbsent: false)
      let sink = SlowSink(isOpen: true)
      let problem = await #expect(throws: Problem.self) {
        try await reader.write(0..<1_000, first: first, to: sink)
      }
      #expect(problem?.code == "content-damaged")
      #expect(sink.bytes == first)
      #expect(ports.readAhead.take(upTo: 1, of: 64 << 20) == 1)
      scene.objects.lose("k")
      let lost = await #expect(throws: Problem.self) {
        try await reader.first(of: 0..<1_000)
      }
      #expect(lost?.code == "content-lost")
    }
  }

  /// Goal: who goes away in the middle ends what was read for him.
  @Test func `a reader that has gone gives its memory back`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world, objects: .slow)
      let ports = scene.ports { Self.small(&$0) }
      let reader = try await reader(scene, ports)
      let first = try await reader.first(of: 0..<1_000)
      let sink = SlowSink(isOpen: true, failsAfter: 200)
      await #expect(throws: HTTPError.disconnected) {
        try await reader.write(0..<1_000, first: first, to: sink)
      }
      #expect(ports.readAhead.take(upTo: 1, of: 64 << 20) == 1)
    }
  }
}

/// Takes a body piece by piece, each when the test lets it.
private final class SlowSink: HTTPBodySink {
  private struct State {
    var bytes: [UInt8] = []
    var allowed = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let isOpen: Bool
  private let failsAfter: Int
  private let state = Mutex(State())

  init(isOpen: Bool = false, failsAfter: Int = .max) {
    self.isOpen = isOpen
    self.failsAfter = failsAfter
  }

  var bytes: [UInt8] { state.withLock { $0.bytes } }

  func letOne() {
    state.withLock { state in
      if let waiter = state.waiter {
        state.waiter = nil
        waiter.resume()
      } else {
        state.allowed += 1
      }
    }
  }

  func write(_ bytes: [UInt8]) async throws(HTTPError) {
    if !isOpen {
      await withCheckedContinuation { waiter in
        state.withLock { state in
          if state.allowed > 0 {
            state.allowed -= 1
            waiter.resume()
          } else {
            state.waiter = waiter
          }
        }
      }
    }
    let count = state.withLock { state in
      state.bytes += bytes
      return state.bytes.count
    }
    if count > failsAfter { throw .disconnected }
  }
}
