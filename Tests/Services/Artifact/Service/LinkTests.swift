import ArtifactCore
import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import ArtifactService

private let content = Array("content".utf8)

struct LinkTests {
  @Test func `a link gives the content to whoever has it, for a while`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put("a", content)
      let made = try await scene.post(
        "/v1/artifacts/\(put.id)/download-link", .object(["expiresIn": .string("60s")]))
      #expect(made.status == 201)
      let url = try #require(made.value["url"]?.string)
      let got = try await scene.call("GET", url, token: nil)
      #expect(got.status == 200)
      #expect(got.bytes == content)
      #expect(got.fields["cache-control"] == "private, no-store")
      #expect(got.fields["referrer-policy"] == "no-referrer")
      #expect(try await scene.call("HEAD", url, token: nil).status == 200)
      try await world.here.time.sleep(for: .seconds(62))
      #expect(try await scene.call("GET", url, token: nil).code == "link-expired")
    }
  }

  @Test func `a link is good for nothing else`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put("a", content)
      let other = try await scene.put("b", content)
      let made = try await scene.post("/v1/artifacts/\(put.id)/download-link", .object([:]))
      let url = try #require(made.value["url"]?.string)
      func status(_ method: String, _ url: String) async throws -> Int {
        try await scene.call(method, url, token: nil).status
      }
      #expect(try await status("PUT", url) == 403)
      #expect(try await status("GET", url.replacing(put.id, with: other.id)) == 403)
      #expect(try await status("DELETE", url) == 401)
      #expect(try await status("GET", url + "&expires=9") == 400)
      #expect(try await status("GET", url.replacing("expires=", with: "expires=0")) == 403)
      #expect(try await status("GET", String(url.dropLast())) == 403)
      #expect(try await status("GET", url + "0") == 403)
      let signature = try #require(url.split(separator: "=").last)
      for place in 0..<signature.count {
        var changed = Array(signature)
        changed[place] = changed[place] == "0" ? "1" : "0"
        let target = url.replacing(String(signature), with: String(changed))
        #expect(try await status("GET", target) == 403)
      }
      _ = try await scene.call("DELETE", "/v1/artifacts/\(put.id)")
      #expect(try await status("GET", url) == 404)
    }
  }

  @Test func `a link brings exactly the content that was announced`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let made = try await scene.post(
        "/v1/artifacts",
        .object([
          "name": .string("a"), "size": .integer(7),
          "sha256": .string(Scene.hexadecimal(content)),
        ]))
      let link = try await scene.post("/v1/artifacts/\(made.id)/upload-link", .object([:]))
      let url = try #require(link.value["url"]?.string)
      #expect(try await scene.call("GET", url, token: nil).status == 403)
      for wrong in ["conten", "contents", "CONTENT"] {
        #expect(try await scene.call("PUT", url, Array(wrong.utf8), token: nil).status == 422)
        #expect(scene.rows.map(\.phase) == [.pending])
      }
      #expect(try await scene.call("PUT", url, content, token: nil).status == 200)
      #expect(scene.faults() == [])
    }
  }

  @Test func `after the content has come a link to bring it changes nothing`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let made = try await scene.post(
        "/v1/artifacts", .object(["name": .string("a"), "size": .integer(7)]))
      let link = try await scene.post("/v1/artifacts/\(made.id)/upload-link", .object([:]))
      let url = try #require(link.value["url"]?.string)
      #expect(try await scene.call("PUT", url, content, token: nil).status == 200)
      #expect(try await scene.call("PUT", url, content, token: nil).status == 200)
      #expect(try await scene.call("PUT", url, Array("CONTENT".utf8), token: nil).status == 409)
      #expect(try await scene.call("GET", "/v1/artifacts/\(made.id)/content").bytes == content)
      let late = try await scene.post("/v1/artifacts/\(made.id)/upload-link", .object([:]))
      #expect(late.status == 409)
    }
  }

  @Test func `links live no longer than they may`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put("a", content)
      for length in ["0s", "301s", "1d", "x", "-1s"] {
        let made = try await scene.post(
          "/v1/artifacts/\(put.id)/download-link", .object(["expiresIn": .string(length)]))
        #expect(made.status == 400, "\(length)")
      }
    }
  }
}
