import ArtifactCore
import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import ArtifactService

/// T-S3: names that lead elsewhere, and links in other hands.
struct TraversalTests {
  private static func escaped(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF")
    return bytes.map { byte in
      let isPlain =
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      return isPlain
        ? String(Unicode.Scalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }.joined()
  }

  /// Method: each name as that of a file of a run, as its path, and as both in JSON.
  @Test func `no name leads anywhere`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let names = TraversalNames.refused
      #expect(names.count >= 100)
      for name in names {
        let text = Self.escaped(name)
        let said = Comment(rawValue: text)
        let asName = try await scene.put(text, [1])
        #expect((400..<500).contains(asName.status), said)
        // A path may have steps, and nothing is the path of the only file.
        if !name.isEmpty, !TraversalNames.goodPaths.contains(name) {
          let asPath = try await scene.put("good?path=" + text, [1])
          #expect((400..<500).contains(asPath.status), said)
        }
        guard let plain = String(validating: name, as: UTF8.self) else { continue }
        let inJSON = try await scene.post(
          "/v1/artifacts", .object(["name": .string(plain), "size": .integer(1)]))
        #expect((400..<500).contains(inJSON.status), said)
      }
      #expect(scene.rows.isEmpty)
      #expect(scene.objects.writeCount == 0)
      SecurityTest.objects.report("\(names.count) names that lead elsewhere, 0 taken")
    }
  }

  @Test func `odd names are no part of any key, and come back as they were`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      var taken = 0
      for (number, name) in TraversalNames.odd.enumerated() {
        let put = try await scene.put(Self.escaped(Array(name.utf8)), [UInt8(number)])
        let said = Comment(rawValue: name)
        guard put.status == 201 else {
          #expect((400..<500).contains(put.status), said)
          continue
        }
        taken += 1
        #expect(put.value["name"]?.string.map { Array($0.utf8) } == Array(name.utf8), said)
        let got = try await scene.call("GET", "/v1/artifacts/\(put.id)/content")
        #expect(got.bytes == [UInt8(number)], said)
        let disposition = got.fields["content-disposition"] ?? ""
        #expect(disposition.hasPrefix("attachment; filename=\""), said)
        #expect(disposition.split(separator: "\"", omittingEmptySubsequences: false).count == 3)
      }
      #expect(taken > 20)
      for key in scene.objects.keys {
        let isOurs = key.utf8.allSatisfy { byte in
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || [UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
        }
        #expect(isOurs, "\(key) holds a part of a name")
      }
      #expect(scene.faults() == [])
      SecurityTest.objects.report(
        "\(TraversalNames.odd.count) odd names, \(taken) taken as they are, 0 in a key")
    }
  }

  /// Goal: what was signed for one artifact opens no other, of whichever namespace.
  @Test func `a link of one namespace opens nothing of another`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let ours = try await scene.put("ours", [1])
      let theirs = try await scene.put("theirs", [2], run: Scene.foreignRun, token: "stranger")
      #expect(theirs.status == 201)
      var refused = 0
      for (from, to, token) in [(ours, theirs, "admin"), (theirs, ours, "stranger")] {
        let made = try await scene.post(
          "/v1/artifacts/\(from.id)/download-link", .object([:]), token: token)
        let url = try #require(made.value["url"]?.string)
        #expect(try await scene.call("GET", url, token: nil).status == 200)
        // With the rights of anybody, the signature is for the one it was made for.
        for bearer in [nil, "reader", "stranger", "admin"] {
          for method in ["GET", "PUT", "HEAD"] {
            let target = url.replacing(from.id, with: to.id)
            let answer = try await scene.call(method, target, [3], token: bearer)
            #expect([401, 403, 404].contains(answer.status), "\(method) as \(bearer ?? "nobody")")
            refused += 1
          }
        }
      }
      for tail in ["download-link", "upload-link", "complete"] {
        let answer = try await scene.post(
          "/v1/artifacts/\(ours.id)/\(tail)", .object([:]), token: "stranger")
        #expect(answer.status == 404, "\(tail)")
        refused += 1
      }
      #expect(try await scene.call("GET", "/v1/artifacts/\(theirs.id)/content").bytes == [2])
      #expect(try await scene.call("GET", "/v1/artifacts/\(ours.id)/content").bytes == [1])
      SecurityTest.objects.report("\(refused) uses of links of another namespace, all refused")
    }
  }
}
