import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import WorkflowService

struct ApplyTests {
  @Test func `a definition is saved once for what it means`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let first = try await scene.apply("hello", labels: ["team": "pay"])
      #expect(first.status == 201)
      let version = try #require(first["version"]?.string)
      #expect(first.fields["etag"] == "\"\(version)\"")
      #expect(first.fields["location"] == "/v1/workflows/default/hello")
      #expect(first["labels"] == .object(["team": .string("pay")]))
      let commits = scene.store.commitCount

      // The same meaning, spelled in another way and in another language.
      let spelled = #"""
        { "tasks": {"say": {"run": ["echo", "h\u0065llo"]}}, "labels": {"team": "pay"},
          "id": "hello", "namespace": "default" }
        """#
      for letter in [Letter(), Letter.yaml, Letter(type: "text/yaml; charset=utf-8")] {
        let again = try await scene.send("POST", "/v1/workflows", spelled, letter)
        #expect(again.status == 200)
        #expect(again["version"]?.string == version)
        #expect(again["number"] == .integer(1))
      }
      #expect(scene.store.commitCount == commits)

      let second = try await scene.apply("hello", says: "bye", labels: ["team": "pay"])
      #expect(second.status == 201)
      #expect(second["number"] == .integer(2))
      #expect(second["version"]?.string != version)
      #expect(second["createdAt"] == first["createdAt"])
    }
  }

  @Test func `a dry run says what would be saved and saves nothing`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      let dry = try await scene.send(
        "POST", "/v1/workflows?dryRun=true", Scene.definition("hello"))
      #expect(dry.status == 200)
      #expect(scene.store.commitCount == 0)
      let wet = try await scene.apply("hello")
      #expect(wet["version"] == dry["version"])
      #expect(try await scene.send("POST", "/v1/workflows?dryRun=maybe", "{}").status == 400)
    }
  }

  @Test func `JSON is read by the rules of JSON`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world)
      let smile = #"{"id":"smile","tasks":{"say":{"run":["echo","\ud83d\ude00"]}}}"#
      #expect(try await scene.send("POST", "/v1/workflows", smile).status == 201)
      let source = try await scene.get("/v1/workflows/default/smile/source")
      #expect(String(decoding: source.bytes, as: UTF8.self) == smile)
      #expect(source.fields["content-type"] == "application/json")
      let run = try await scene.get("/v1/workflows/default/smile")
      let argv = run["definition"]?["tasks"]?["say"]?["run"]
      #expect(argv == .array([.string("echo"), .string("😀")]))

      for (body, findings) in [
        (#"{"id":"a","#, ["json-syntax 1:11"]),
        ("{\"id\":\"a\",\n\"id\":\"b\"}", ["duplicate-key 2:1"]),
        (#"{"id":"\ud83d","tasks":{}}"#, ["json-syntax 1:8"]),
        ("id: a\ntasks: {}\n", ["json-syntax 1:1"]),
        ("", ["json-syntax 1:1"]),
      ] {
        let refused = try await scene.send("POST", "/v1/workflows", body, Letter())
        #expect(refused.status == 422, "\(body)")
        #expect(refused.findings == findings, "\(body)")
      }
      #expect(scene.store.records(WorkflowTables.workflows).count == 1)
    }
  }

  @Test func `what is wrong with a definition is said with its place`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try await Scene(world)
      let body =
        "{\"id\":\"hello\",\n \"taks\":{},\n \"tasks\":{\"a\":{\"run\":[\"true\"],\"poool\":1}}}"
      for letter in [Letter(), Letter.yaml] {
        let refused = try await scene.send("POST", "/v1/workflows", body, letter)
        #expect(refused.status == 422)
        #expect(refused.code == "invalid-definition")
        #expect(refused.fields["content-type"] == "application/problem+json")
        #expect(refused.findings == ["unknown-key 2:2", "unknown-key 3:31"])
        let first = refused["errors"]?.items.first
        #expect(first?["hint"]?.string?.contains("tasks") == true)
        #expect(first?["pointer"] == .string("/taks"))
      }
      let unscanned = try await scene.send("POST", "/v1/workflows", "{", .yaml)
      #expect(unscanned.findings == ["yaml-syntax 2:3"])
    }
  }

  @Test func `the type of a body is said, and is one that is taken`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try await Scene(world)
      let body = Scene.definition("hello")
      for letter in [
        Letter.bare, Letter(type: "text/plain"), Letter(type: "application/jsonx"),
        Letter(fields: [HTTPField("Content-Encoding", "gzip")]),
      ] {
        #expect(try await scene.send("POST", "/v1/workflows", body, letter).status == 415)
      }
    }
  }

  @Test func `a definition is as long as it may be and no longer`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try await Scene(world) { $0.definitionBytesMax = 1_000 }
      let body = Scene.definition("hello")
      for (length, status) in [(999, 201), (1_000, 200), (1_001, 413)] {
        let blanks = String(repeating: " ", count: length - body.utf8.count)
        #expect(try await scene.send("POST", "/v1/workflows", body + blanks).status == status)
      }
    }
  }

  /// Goal: a definition may be as long as the limits say, though a row of the store may not.
  @Test func `long texts are kept whole, once`() throws {
    try Simulation.run(seed: 7) { world in
      let scene = try await Scene(world)
      let scripts = (1...16).map { number in
        let text = String(repeating: "echo \(number)\\n", count: 12_000)
        return #""t\#(number)":{"script":"\#(text)","interpreter":["sh"]}"#
      }
      let body = #"{"id":"long","tasks":{\#(scripts.joined(separator: ","))}}"#
      #expect(body.utf8.count > 1 << 20)
      #expect(try await scene.send("POST", "/v1/workflows", body).status == 201)
      let rows = scene.store.records(WorkflowTables.texts).count
      #expect(rows >= 4)
      let source = try await scene.get("/v1/workflows/default/long/source")
      #expect(source.bytes == Array(body.utf8))
      let definition = try await scene.get("/v1/workflows/default/long")
      #expect(definition["definition"]?["tasks"]?["t16"] != nil)
      #expect(try await scene.send("POST", "/v1/runs", #"{"workflow":"long"}"#).status == 202)

      // Deleted and saved again: the same texts are found by their content.
      #expect(try await scene.send("DELETE", "/v1/workflows/default/long").status == 204)
      #expect(try await scene.send("POST", "/v1/workflows", body).status == 201)
      #expect(scene.store.records(WorkflowTables.texts).count == rows)
    }
  }

  // MARK: Preconditions

  @Test func `a change that rests on an old version is refused`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = try await Scene(world)
      let none = try await scene.send(
        "POST", "/v1/workflows", Scene.definition("hello"), Letter(match: "*"))
      #expect(none.status == 412)
      let one = try #require(try await scene.apply("hello", says: "one").fields["etag"])
      let two = try await scene.send(
        "POST", "/v1/workflows", Scene.definition("hello", says: "two"), Letter(match: one))
      #expect(two.status == 201)
      for match in [one, "\"nothing\"", "W/\(one)", "\(one), \"x\""] {
        let late = try await scene.send(
          "POST", "/v1/workflows", Scene.definition("hello", says: "three"), Letter(match: match))
        #expect(late.status == 412, "\(match)")
        #expect(late.code == "version-changed")
        let deletion = try await scene.send(
          "DELETE", "/v1/workflows/default/hello", "", Letter(type: nil, match: match))
        #expect(deletion.status == 412)
      }
      // Sent twice, it is a list, and not nothing.
      let twice = try await scene.send(
        "DELETE", "/v1/workflows/default/hello", "",
        Letter(type: nil, match: one, fields: [HTTPField("If-Match", "\"x\"")]))
      #expect(twice.status == 412)
      #expect(try await scene.get("/v1/workflows/default/hello")["number"] == .integer(2))
    }
  }

  /// Goal: who repeats a request whose answer was lost is told that it had its way.
  @Test func `a change that was made already is no conflict with itself`() throws {
    try Simulation.run(seed: 9) { world in
      let scene = try await Scene(world)
      let one = try #require(try await scene.apply("hello", says: "one").fields["etag"])
      scene.store.faults.unknownApplied = .always
      let two = Scene.definition("hello", says: "two")
      let unknown = try await scene.send("POST", "/v1/workflows", two, Letter(match: one))
      #expect(unknown.status == 503)
      #expect(unknown.fields["retry-after"] == "1")
      scene.store.faults = .calm
      let again = try await scene.send("POST", "/v1/workflows", two, Letter(match: one))
      #expect(again.status == 200)
      #expect(again["number"] == .integer(2))
    }
  }

  @Test func `changes at the same time all get through, one after the other`() throws {
    try Simulation.run(seed: 10) { world in
      let scene = try await Scene(world, records: .slow)
      let statuses = await withTaskGroup(of: Int.self) { group in
        for number in 0..<8 {
          group.addTask {
            (try? await scene.apply("hello", says: "number \(number % 4)"))?.status ?? 0
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.allSatisfy { $0 == 200 || $0 == 201 }, "\(statuses)")
      let record = try #require(scene.store.records(WorkflowTables.workflows).first)
      #expect(record.number == Int64(statuses.filter { $0 == 201 }.count))
      #expect(scene.store.records(WorkflowTables.versions).count == 4)
    }
  }
}
