import ArtifactCore
import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import ArtifactService

private let content = (0..<100).map { UInt8($0) }

struct DownloadTests {
  @Test func `parts of a content are given out as RFC 9110 wants it`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.readBytes = 30 }
      let put = try await scene.put("a b.bin", content)
      let path = "/v1/artifacts/\(put.id)/content"
      let tag = try #require(put.fields["etag"])
      for (range, part) in [
        ("0-9", 0..<10), ("90-", 90..<100), ("-5", 95..<100), ("3-99", 3..<100),
      ] {
        let got = try await scene.call("GET", path, [], [HTTPField("Range", "bytes=\(range)")])
        #expect(got.status == 206)
        #expect(got.bytes == Array(content[part]))
        #expect(
          got.fields["content-range"] == "bytes \(part.lowerBound)-\(part.upperBound - 1)/100")
        #expect(got.fields["content-length"] == "\(part.count)")
        #expect(got.fields["repr-digest"] == Scene.digestField(content).value)
      }
      let behind = try await scene.call("GET", path, [], [HTTPField("Range", "bytes=100-")])
      #expect(behind.status == 416)
      #expect(behind.fields["content-range"] == "bytes */100")
      for (condition, status) in [(tag, 206), ("\"other\"", 200), ("W/" + tag, 200)] {
        let got = try await scene.call(
          "GET", path, [], [HTTPField("Range", "bytes=1-2"), HTTPField("If-Range", condition)])
        #expect(got.status == status, "\(condition)")
      }
      for (name, value, status) in [
        ("If-None-Match", tag, 304), ("If-None-Match", "\"x\", W/" + tag, 304),
        ("If-None-Match", "*", 304), ("If-None-Match", "\"x\"", 200), ("If-Match", tag, 200),
        ("If-Match", "*", 200), ("If-Match", "\"x\"", 412), ("If-Match", "W/" + tag, 412),
        ("Range", "bytes=1-2,5-6", 200), ("Range", "lines=1-2", 200),
      ] {
        let got = try await scene.call("GET", path, [], [HTTPField(name, value)])
        #expect(got.status == status, "\(name): \(value)")
        if status == 200 { #expect(got.bytes == content) }
      }
    }
  }

  @Test func `a head says what a get would, and nothing is read`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.readBytes = 30 }
      let put = try await scene.put("a", content)
      let path = "/v1/artifacts/\(put.id)/content"
      for fields in [[], [HTTPField("Range", "bytes=5-9")]] {
        let get = try await scene.call("GET", path, [], fields)
        let head = try await scene.call("HEAD", path, [], fields)
        func known(_ answer: Scene.Answer) -> [HTTPField] {
          answer.fields.fields.filter { !$0.isNamed("x-request-id") }
        }
        #expect(head.status == get.status)
        #expect(known(head) == known(get))
        #expect(head.bytes == [])
      }
    }
  }

  @Test func `what is given out cannot be run or rendered`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put(
        "evil%22%3B.html", content, [HTTPField("Content-Type", "text/html")])
      let got = try await scene.call("GET", "/v1/artifacts/\(put.id)/content")
      #expect(got.fields["content-type"] == "application/octet-stream")
      #expect(got.fields["x-content-type-options"] == "nosniff")
      #expect(got.fields["content-security-policy"] == "sandbox; default-src 'none'")
      #expect(
        got.fields["content-disposition"]
          == "attachment; filename=\"evil_;.html\"; filename*=UTF-8''evil%22%3B.html")
      #expect(put.value["contentType"]?.string == "text/html")
    }
  }

  @Test func `bytes that were damaged on their way are read again`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put("a", content)
      scene.objects.faults.damagedRange = .percent(25)
      for _ in 0..<20 {
        let got = try await scene.call("GET", "/v1/artifacts/\(put.id)/content")
        #expect(got.status == 200)
        #expect(got.bytes == content)
      }
    }
  }

  /// Goal: M25, one byte is corrupted: the download fails instead of giving other bytes for it.
  @Test(arguments: [1_000, 30])
  func `damaged bytes are never a whole download`(readBytes: Int) throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.readBytes = readBytes }
      let put = try await scene.put("a", content)
      let key = try #require(scene.objects.keys.first)
      #expect(scene.objects.damage(key, at: 50))
      let path = "/v1/artifacts/\(put.id)/content"
      if readBytes >= content.count {
        let got = try await scene.call("GET", path)
        #expect(got.status == 500)
        #expect(got.code == "content-damaged")
      } else {
        await #expect(throws: HTTPError.self) { try await scene.call("GET", path) }
      }
      scene.objects.lose(key)
      #expect(try await scene.call("GET", path).code == "content-lost")
    }
  }

  /// Goal: a store with all its faults makes downloads slow or fail, and never wrong.
  @Test(arguments: UInt64(1)...6)
  func `a hostile store never makes a download that is whole and wrong`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try Scene(world) { $0.readBytes = 30 }
      let put = try await scene.put("a", content)
      scene.objects.faults = .hostile
      var whole = 0
      for _ in 0..<40 {
        let got = try? await scene.call("GET", "/v1/artifacts/\(put.id)/content")
        guard let got, got.status == 200 else { continue }
        #expect(got.bytes == content)
        whole += 1
      }
      #expect(whole > 20)
    }
  }
}
