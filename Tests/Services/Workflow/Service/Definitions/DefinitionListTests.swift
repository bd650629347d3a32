import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import WorkflowService

struct DefinitionListTests {
  private func names(_ pages: [[Value]]) -> [String] {
    pages.joined().compactMap { $0["name"]?.string }
  }

  @Test func `a list is complete, in order and in pages as large as asked for`() throws {
    try Simulation.run(seed: 1) { world in
      var faults = RecordStoreFaults.calm
      faults.shortPages = .percent(30)
      let scene = try await Scene(world, records: faults)
      let all = (10..<35).map { "w\($0)" }
      for name in all.reversed() { try await scene.apply(name) }
      for limit in [1, 7, 24, 25, 26, 200] {
        let pages = try await scene.pages("/v1/workflows?limit=\(limit)")
        #expect(names(pages) == all)
        #expect(pages.allSatisfy { $0.count <= limit })
      }
      #expect(names(try await scene.pages("/v1/workflows?namespace=other")) == [])
      for wrong in ["limit=0", "limit=201", "namespace=A", "cursor=x", "unknown=1", "name=%00"] {
        #expect(try await scene.get("/v1/workflows?\(wrong)").status == 400, "\(wrong)")
      }
    }
  }

  /// Goal: edits while somebody reads hide nothing that stayed, and show nothing twice.
  /// Method: between any two pages some workflows are saved anew, made and deleted.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `pages are stable while others edit`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try await Scene(world, records: .slow)
      let stay = (0..<30).filter { $0 % 3 != 0 }.map { "w\(10 + $0)" }
      for number in 0..<30 { try await scene.apply("w\(10 + number)") }
      let random = world.stream(named: "edits")
      let pages = try await scene.pages("/v1/workflows?limit=4") { page in
        try await scene.apply(stay[random.below(stay.count)], says: "page \(page)")
        try await scene.apply("v\(page)x\(random.below(100))")
        _ = try await scene.send("DELETE", "/v1/workflows/default/w\(10 + random.below(10) * 3)")
      }
      let seen = names(pages)
      #expect(seen.filter(stay.contains) == stay)
      #expect(Set(seen).count == seen.count)
    }
  }

  @Test func `filters by name, label and time give what they say`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world)
      for (number, name) in ["api", "api-two", "apx", "b", "bapi"].enumerated() {
        try await scene.apply(
          name, labels: ["team": number % 2 == 0 ? "pay" : "web", "n": "\(number)"])
        try await world.here.time.sleep(for: .seconds(60))
      }
      let edited = try await scene.apply("api", says: "later", labels: ["team": "pay"])
      let instant = try #require(edited["updatedAt"]?.string)
      func list(_ query: String) async throws -> [String] {
        names(try await scene.pages("/v1/workflows?limit=2&\(query)"))
      }
      #expect(try await list("name=ap") == ["api", "api-two", "apx"])
      #expect(try await list("name=api") == ["api", "api-two"])
      #expect(try await list("name=c") == [])
      #expect(try await list("label.team=pay") == ["api", "apx", "bapi"])
      #expect(try await list("label.team=pay&label.n=2") == ["apx"])
      #expect(try await list("label.team=Pay") == [])
      #expect(try await list("name=a&label.team=web") == ["api-two"])
      #expect(try await list("updatedAfter=2026-01-01T00:02:30Z") == ["api", "b", "bapi"])
      #expect(try await list("updatedBefore=2026-01-01T00:01:30Z") == ["api-two"])
      let exact = PercentText.of(instant)
      #expect(try await list("updatedBefore=\(exact)").contains("api") == false)
      for wrong in [
        "name=%C3%A4", "updatedAfter=yesterday", "name=" + String(repeating: "a", count: 64),
      ] {
        #expect(try await scene.get("/v1/workflows?\(wrong)").status == 400, "\(wrong)")
      }
      // A cursor belongs to its filter.
      let cursor = try #require(try await scene.get("/v1/workflows?limit=1&name=a").cursor)
      #expect(try await scene.get("/v1/workflows?limit=1&name=a&cursor=\(cursor)").status == 200)
      #expect(try await scene.get("/v1/workflows?limit=9&name=a&cursor=\(cursor)").status == 200)
      #expect(try await scene.get("/v1/workflows?limit=1&name=b&cursor=\(cursor)").status == 400)
      #expect(try await scene.get("/v1/workflows?limit=1&cursor=\(cursor)").status == 400)
      #expect(try await scene.get("/v1/runs?limit=1&cursor=\(cursor)").status == 400)
    }
  }

  @Test func `a filter that hardly anything passes gives short pages and an end`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try await Scene(world) { $0.rowsScannedMax = 10 }
      for number in 10..<60 { try await scene.apply("w\(number)", labels: ["n": "\(number)"]) }
      let pages = try await scene.pages("/v1/workflows?limit=5&label.n=59")
      #expect(names(pages) == ["w59"])
      #expect(pages.count <= 7)
    }
  }

  @Test func `versions are listed newest first, and each can be read`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try await Scene(world)
      for number in 1...7 { try await scene.apply("hello", says: "number \(number)") }
      let pages = try await scene.pages("/v1/workflows/default/hello/versions?limit=3")
      #expect(pages.map(\.count) == [3, 3, 1])
      let versions = Array(pages.joined())
      #expect(versions.map { $0["number"] } == (1...7).reversed().map { .integer($0) })
      #expect(versions.allSatisfy { $0["createdBy"] == .string("ann") })
      let third = try #require(versions[4]["version"]?.string)
      let old = try await scene.get("/v1/workflows/default/hello?version=\(third)")
      #expect(old["number"] == .integer(3))
      #expect(old.fields["etag"] == "\"\(third)\"")
      #expect(old["latestVersion"] == versions[0]["version"])
      let said = old["definition"]?["tasks"]?["say"]?["run"]?.items.last
      #expect(said == .string("number 3"))
      let source = try await scene.get("/v1/workflows/default/hello/source?version=\(third)")
      #expect(String(decoding: source.bytes, as: UTF8.self).contains("number 3"))
      for missing in ["0000000000000000", "", String(repeating: "x", count: 5_000), "%20"] {
        let target = "/v1/workflows/default/hello?version=\(missing)"
        #expect(try await scene.get(target).status == 404, "\(missing.prefix(20))")
      }
    }
  }

  @Test func `what was deleted is hidden, and comes back when it is saved again`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try await Scene(world)
      let version = try #require(try await scene.apply("hello")["version"]?.string)
      let run = try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#)
      let etag = "\"\(version)\""
      let gone = try await scene.send(
        "DELETE", "/v1/workflows/default/hello", "", Letter(type: nil, match: etag))
      #expect(gone.status == 204)
      for target in [
        "", "/versions", "/source", "?version=\(version)", "/source?version=\(version)",
      ] {
        #expect(try await scene.get("/v1/workflows/default/hello\(target)").status == 404)
      }
      #expect(names(try await scene.pages("/v1/workflows")) == [])
      #expect(try await scene.send("DELETE", "/v1/workflows/default/hello").status == 404)
      #expect(
        try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#).status == 404)
      // Its runs keep their version: the scheduler still gets it.
      let id = try #require(run["id"]?.string)
      #expect(try await scene.get("/v1/runs/\(id)").status == 200)
      let record = try #require(scene.store.records(WorkflowTables.versions).first)
      let bytes = try await scene.network.call(
        WorkflowsMethods.service, WorkflowsMethods.getVersion,
        GetVersionRequest(namespace: "default", workflow: "hello", version: version).encoded(),
        within: .seconds(1))
      #expect(try GetVersionResponse(decoding: bytes).normalForm == record.normalForm)

      let again = try await scene.apply("hello")
      #expect(again.status == 201)
      #expect(again["number"] == .integer(2))
      #expect(again["version"]?.string == version)
    }
  }

  @Test func `names that cannot be are not found`() throws {
    try Simulation.run(seed: 7) { world in
      let scene = try await Scene(world)
      for target in ["default/Hello", "Default/hello", "default/a%20b", "default/%C3%A4", "x/y"] {
        #expect(try await scene.get("/v1/workflows/\(target)").status == 404, "\(target)")
        #expect(try await scene.send("DELETE", "/v1/workflows/\(target)").status == 404)
      }
    }
  }

  @Test func `without a store every route says so, and when to try again`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = try await Scene(world)
      scene.store.faults.isDown = true
      for (method, target, body) in [
        ("GET", "/v1/workflows", ""), ("GET", "/v1/workflows/default/hello", ""),
        ("GET", "/v1/workflows/default/hello/versions", ""),
        ("GET", "/v1/workflows/default/hello/source", ""),
        ("DELETE", "/v1/workflows/default/hello", ""),
        ("POST", "/v1/workflows", Scene.definition("hello")),
        ("POST", "/v1/runs", #"{"workflow":"hello"}"#), ("GET", "/v1/runs", ""),
        ("GET", "/v1/runs/run_00000000000000000000000000", ""),
      ] {
        let reply = try await scene.send(method, target, body)
        #expect(reply.status == 503, "\(method) \(target)")
        #expect(reply.fields["retry-after"] == "1")
      }
    }
  }
}

/// Instants in queries.
enum PercentText {
  static func of(_ text: String) -> String { text.replacing(":", with: "%3A") }
}
