import ArtifactCore
import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import ArtifactService

private let hello = Array("hello, world".utf8)

struct UploadTests {
  @Test func `a file of a run comes in and goes out as it was`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put(
        "junit.xml", hello,
        [HTTPField("Content-Type", "text/plain; charset=utf-8"), Scene.digestField(hello)])
      #expect(put.status == 201)
      #expect(put.value["state"]?.string == "ready")
      #expect(put.value["sha256"]?.string == Scene.hexadecimal(hello))
      #expect(put.fields["location"] == "/v1/artifacts/\(put.id)")
      #expect(put.fields["repr-digest"] == Scene.digestField(hello).value)
      let got = try await scene.call("GET", "/v1/artifacts/\(put.id)/content")
      #expect(got.status == 200)
      #expect(got.bytes == hello)
      #expect(try await scene.call("GET", "/v1/artifacts/\(put.id)").value == put.value)
      #expect(scene.usage.map(\.bytes) == [12])
      #expect(scene.faults() == [])
    }
  }

  /// Goal: a client that does not know whether its upload arrived may send it again.
  @Test(arguments: [true, false])
  func `the same content again is the same artifact, another is refused`(saysDigest: Bool) throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      func fields(_ bytes: [UInt8]) -> [HTTPField] {
        saysDigest ? [Scene.digestField(bytes, "Content-Digest")] : []
      }
      let first = try await scene.put("a", hello, fields(hello))
      let writes = scene.objects.writeCount
      let again = try await scene.put("a", hello, fields(hello))
      #expect(again.status == 200)
      #expect(again.value == first.value)
      for other in [Array("hello, moon!".utf8), Array("hello".utf8)] {
        let refused = try await scene.put("a", other, fields(other))
        #expect(refused.status == 409)
        #expect(refused.code == "artifact-exists")
      }
      #expect(scene.objects.writeCount == writes)
      #expect(scene.rows.count == 1)
    }
  }

  @Test func `content that is not what was announced is never there`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let wrong = try await scene.put("a", hello, [Scene.digestField([1])])
      #expect(wrong.status == 422)
      #expect(wrong.code == "wrong-digest")
      for (length, code) in [("11", "too-large"), ("13", "body-cut")] {
        let cut = try await scene.put("a", hello, [HTTPField("Content-Length", length)])
        #expect(cut.code == code)
      }
      #expect(scene.faults() == [])
      try await scene.wait(for: "nothing to be left", within: .seconds(3_600)) {
        scene.rows.isEmpty && scene.objects.keys.isEmpty
      }
      #expect(scene.usage.map(\.bytes) == [0])
      #expect(try await scene.put("a", hello).status == 201)
    }
  }

  @Test func `heads that say too little or nonsense are refused before the body`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.artifactBytesMax = 100 }
      for (field, status) in [
        (HTTPField("Content-Length", "-1"), 400), (HTTPField("Content-Length", "101"), 413),
        (HTTPField("Content-Encoding", "gzip"), 415), (HTTPField("Content-Digest", "x"), 400),
        (HTTPField("Content-Type", "nonsense"), 400), (HTTPField("Content-Range", "x"), 400),
      ] {
        #expect(try await scene.put("a", hello, [field]).status == status, "\(field)")
      }
      let twice = [Scene.digestField([1]), Scene.digestField([2], "Content-Digest")]
      #expect(try await scene.put("a", hello, twice).code == "bad-digest")
      for name in ["%2e%2e", "a%5Cb", "a%00", "con", "a%0Ab", "e%CC%81"] {
        #expect([400, 422].contains(try await scene.put(name, hello).status), "\(name)")
      }
      let path = try await scene.put("a?path=..%2Fb", hello)
      #expect(path.code == "bad-name")
      #expect(scene.rows.isEmpty)
      #expect(scene.objects.writeCount == 0)
    }
  }

  @Test func `a large content is cut into parts on its way and is whole again`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) {
        $0.partBytes = 1_000
        $0.readBytes = 700
      }
      for size in [0, 1, 999, 1_000, 1_001, 2_000, 4_321] {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let put = try await scene.put("file-\(size)", content)
        #expect(put.status == 201)
        let got = try await scene.call("GET", "/v1/artifacts/\(put.id)/content")
        #expect(got.bytes == content)
      }
      #expect(scene.objects.openUploads == [])
      #expect(scene.faults() == [])
    }
  }

  @Test func `a client may send the parts itself, in any order and again`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.partBytes = 10 }
      let content = (0..<25).map { UInt8($0) }
      let order: Value = .object([
        "run": .string(Scene.run.text), "name": .string("big"), "size": .integer(25),
        "sha256": .string(Scene.hexadecimal(content)),
      ])
      let made = try await scene.post("/v1/artifacts", order)
      #expect(made.status == 201)
      #expect(made.value["parts"] == .integer(3))
      #expect(try await scene.call("GET", "/v1/artifacts/\(made.id)/content").code == "not-ready")
      func part(_ number: Int, _ bytes: [UInt8], _ fields: [HTTPField] = []) async throws -> Int {
        try await scene.call("PUT", "/v1/artifacts/\(made.id)/parts/\(number)", bytes, fields)
          .status
      }
      #expect(try await part(3, Array(content[20...])) == 204)
      #expect(try await part(1, Array(content[..<10])) == 204)
      let early = try await scene.call("POST", "/v1/artifacts/\(made.id)/complete")
      #expect(early.status == 422)
      #expect(try await part(2, Array(content[10..<20]), [Scene.digestField([1])]) == 422)
      #expect(try await part(2, Array(content[10..<20])) == 204)
      #expect(try await part(2, Array(content[10..<20])) == 204)
      #expect(try await part(2, Array(content[10..<19])) == 422)
      #expect(try await part(4, []) == 422)
      let done = try await scene.call("POST", "/v1/artifacts/\(made.id)/complete")
      #expect(done.status == 200)
      #expect(done.value["state"]?.string == "ready")
      let again = try await scene.call("POST", "/v1/artifacts/\(made.id)/complete")
      #expect(again.value == done.value)
      #expect(try await scene.call("GET", "/v1/artifacts/\(made.id)/content").bytes == content)
      #expect(scene.faults() == [])
    }
  }

  @Test func `parts that make something else are refused and removed`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.partBytes = 10 }
      let made = try await scene.post(
        "/v1/artifacts",
        .object([
          "name": .string("big"), "size": .integer(11),
          "sha256": .string(Scene.hexadecimal([1])),
        ]))
      for (number, size) in [(1, 10), (2, 1)] {
        _ = try await scene.call(
          "PUT", "/v1/artifacts/\(made.id)/parts/\(number)", [UInt8](repeating: 0, count: size))
      }
      let done = try await scene.call("POST", "/v1/artifacts/\(made.id)/complete")
      #expect(done.code == "wrong-content")
      #expect(try await scene.call("GET", "/v1/artifacts/\(made.id)").status == 404)
      try await scene.wait(for: "nothing to be left", within: .seconds(3_600)) {
        scene.rows.isEmpty && scene.objects.keys.isEmpty
      }
    }
  }

  @Test func `a namespace keeps no more than it may`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) {
        $0.namespaceBytesMax = 30
        $0.namespaceArtifactsMax = 3
      }
      let first = try await scene.put("a", [UInt8](repeating: 1, count: 30))
      #expect(first.status == 201)
      let full = try await scene.put("b", [1])
      #expect(full.status == 403)
      #expect(full.code == "quota-exceeded")
      let foreign = try await scene.put("b", [1], run: Scene.foreignRun)
      #expect(foreign.status == 201)
      _ = try await scene.call("DELETE", "/v1/artifacts/\(first.id)")
      for name in ["b", "c", "d"] { #expect(try await scene.put(name, [1]).status == 201) }
      #expect(try await scene.put("e", []).code == "quota-exceeded")
      #expect(scene.faults() == [])
    }
  }

  @Test func `too many uploads at once are told to come back`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world, objects: .slow) { $0.uploadsInFlightMax = 2 }
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<8 {
          group.addTask { try await scene.put("n\(number)", hello).status }
        }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.contains(429))
      #expect(statuses.contains(201))
      #expect(statuses.allSatisfy { [201, 429].contains($0) })
      #expect(try await scene.put("last", hello).status == 201)
    }
  }
}
