import ArtifactCore
import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import ArtifactService

struct AccessTests {
  /// Goal: who has no business in a namespace cannot tell what is there from what is not.
  @Test func `an artifact of another namespace does not exist`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put("a", [1, 2, 3])
      let absent = ArtifactID(SortableID(high: 9, low: 9)).text
      for (method, tail) in [
        ("GET", ""), ("GET", "/content"), ("DELETE", ""), ("PUT", "/content"),
        ("PUT", "/parts/1"), ("POST", "/complete"), ("POST", "/download-link"),
        ("POST", "/upload-link"),
      ] {
        let known = try await scene.call(
          method, "/v1/artifacts/\(put.id)\(tail)", [1, 2, 3], token: "stranger")
        let unknown = try await scene.call(
          method, "/v1/artifacts/\(absent)\(tail)", [1, 2, 3], token: "stranger")
        #expect(known.status == 404, "\(method) \(tail)")
        #expect(known.code == unknown.code)
        #expect(
          known.value["detail"]?.string
            == unknown.value["detail"]?.string?.replacing(absent, with: put.id))
        let nobody = try await scene.call(
          method, "/v1/artifacts/\(put.id)\(tail)", [1, 2, 3], token: nil)
        #expect(nobody.status == 401)
      }
      let run = "/v1/runs/\(Scene.run)/artifacts"
      #expect(try await scene.call("GET", run, token: "stranger").status == 404)
      #expect(try await scene.put("b", [1], token: "stranger").status == 404)
      let smuggled = try await scene.post(
        "/v1/artifacts",
        .object([
          "namespace": .string("payments"), "run": .string(Scene.run.text),
          "name": .string("b"), "size": .integer(1),
        ]), token: "stranger")
      #expect(smuggled.status == 404)
      #expect(try await scene.call("GET", "/v1/artifacts", token: "stranger").status == 404)
      #expect(scene.rows.count == 1)
    }
  }

  @Test func `reading is not writing`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let put = try await scene.put("a", [1], token: "writer")
      #expect(put.status == 201)
      let path = "/v1/artifacts/\(put.id)"
      for (method, target, token) in [
        ("GET", path, "writer"), ("GET", path + "/content", "writer"),
        ("POST", path + "/download-link", "writer"), ("DELETE", path, "reader"),
        ("PUT", path + "/content", "reader"), ("POST", path + "/upload-link", "reader"),
        ("PUT", "/v1/runs/\(Scene.run)/artifacts/b", "reader"),
        ("GET", "/v1/runs/\(Scene.run)/artifacts", "writer"),
      ] {
        #expect(
          try await scene.call(method, target, [1], token: token).status == 403,
          "\(method) \(target)")
      }
      #expect(try await scene.call("GET", path + "/content", token: "reader").bytes == [1])
    }
  }

  @Test func `lists go on where they ended and show each artifact once`() throws {
    try Simulation.run(seed: 1) { world in
      var faults = RecordStoreFaults.calm
      faults.shortPages = .percent(50)
      let scene = try Scene(world, records: faults)
      for number in 0..<25 {
        #expect(try await scene.put("n\(number)", [UInt8(number)]).status == 201)
        // Ids are in the order of the milliseconds at which they were made.
        try await world.here.time.sleep(for: .milliseconds(2))
      }
      let gone = try await scene.put("gone", [1])
      _ = try await scene.call("DELETE", "/v1/artifacts/\(gone.id)")
      var names: [String] = []
      var cursor: String?
      repeat {
        let target =
          "/v1/runs/\(Scene.run)/artifacts?limit=7" + (cursor.map { "&cursor=\($0)" } ?? "")
        let page = try await scene.call("GET", target)
        #expect(page.status == 200)
        names += (page.value["items"]?.items ?? []).compactMap { $0["name"]?.string }
        cursor = page.value["nextCursor"]?.string
      } while cursor != nil
      #expect(names == (0..<25).map { "n\($0)" })
      let one = try await scene.call("GET", "/v1/runs/\(Scene.run)/artifacts?name=n3")
      #expect(one.value["items"]?.items.count == 1)
      #expect(
        try await scene.call("GET", "/v1/runs/\(Scene.run)/artifacts?cursor=00-00").status == 400)
      let absent = RunID(SortableID(high: 7, low: 7))
      #expect(try await scene.call("GET", "/v1/runs/\(absent)/artifacts").status == 404)
    }
  }
}
