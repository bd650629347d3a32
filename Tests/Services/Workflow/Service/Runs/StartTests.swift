import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import WorkflowService

struct StartTests {
  private static let inputs = #"{"n":{"type":"integer"},"who":{"type":"string","default":"you"}}"#

  @Test func `a run is kept, announced and answered before anybody has taken it in`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello", labels: ["team": "pay", "tier": "1"], inputs: Self.inputs)
      let started = try await scene.send(
        "POST", "/v1/runs",
        #"{"workflow":"hello","inputs":{"n":3},"labels":{"tier":"2","by":"test"}}"#)
      #expect(started.status == 202)
      let id = try #require(started["id"]?.string)
      #expect(started.fields["location"] == "/v1/runs/\(id)")
      #expect(started["state"] == .string("queued"))
      #expect(started["reason"]?["code"] == .string("not-taken-in"))
      #expect(started["inputs"] == .object(["n": .integer(3), "who": .string("you")]))
      let labels: Value = .object([
        "team": .string("pay"), "tier": .string("2"), "by": .string("test"),
      ])
      #expect(started["labels"] == labels)

      // Its sender reads its own write, though the scheduler knows nothing of it.
      let same = try await scene.get("/v1/runs/\(id)")
      #expect(same.json == started.json)
      #expect(try await scene.get("/v1/runs").items == [started.json])
      #expect(try await scene.get("/v1/runs/\(id)/tasks").items == [])

      try await world.wait(for: "the announcement", within: .seconds(5)) {
        scene.announced == [id]
      }
      let record = try #require(scene.bus.records("workflow.started").first).record
      let message = try WorkflowStarted(decoding: record.value)
      #expect(message.principal == "ann")
      #expect(message.version == started["version"]?.string)
      #expect(message.inputs["n"] == ValueMessage(.integer(3)))
      #expect(message.labels == ["team": "pay", "tier": "2", "by": "test"])

      scene.scheduler.put(id, "running")
      #expect(try await scene.get("/v1/runs/\(id)")["state"] == .string("running"))
    }
  }

  @Test func `a run is pinned to a version`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      let one = try await scene.apply("hello", says: "one")
      let two = try await scene.apply("hello", says: "two")
      let newest = try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#)
      #expect(newest["version"] == two["version"])
      let version = try #require(one["version"]?.string)
      let old = try await scene.send(
        "POST", "/v1/runs", #"{"workflow":"hello","version":"\#(version)"}"#)
      #expect(old["version"]?.string == version)
      let missing = try await scene.send(
        "POST", "/v1/runs", #"{"workflow":"hello","version":"nope"}"#)
      #expect(missing.status == 404)
    }
  }

  @Test func `what cannot be run is refused with everything that is wrong`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello", inputs: Self.inputs)
      let commits = scene.store.commitCount
      for (body, status, code) in [
        ("", 415, "unsupported-media-type"), ("{", 400, "invalid-body"),
        ("[]", 400, "invalid-body"), ("{}", 400, "invalid-body"),
        (#"{"workflow":"hello","inputs":{"n":1},"input":{}}"#, 400, "invalid-body"),
        (#"{"workflow":"hello","workflow":"hello"}"#, 400, "invalid-body"),
        (#"{"workflow":"hello","labels":{"a":1}}"#, 400, "invalid-body"),
        (#"{"workflow":"Hello"}"#, 400, "invalid-body"), (#"{"workflow":7}"#, 400, "invalid-body"),
        (#"{"workflow":"hello","namespace":"A"}"#, 400, "invalid-body"),
        (#"{"workflow":"hello","principal":"root"}"#, 400, "invalid-body"),
        (#"{"workflow":"other"}"#, 404, "not-found"),
        (#"{"workflow":"hello","namespace":"other"}"#, 404, "not-found"),
        (#"{"workflow":"hello"}"#, 422, "invalid-inputs"),
        (#"{"workflow":"hello","inputs":{"n":"x","m":1}}"#, 422, "invalid-inputs"),
        (#"{"workflow":"hello","inputs":{"n":1},"labels":{"A":"x"}}"#, 422, "invalid-labels"),
      ] {
        let reply = try await scene.send("POST", "/v1/runs", body)
        #expect(reply.status == status, "\(body)")
        #expect(reply.code == code, "\(body)")
      }
      let typo = try await scene.send(
        "POST", "/v1/runs", "{\"workflow\":\"hello\",\n\"inptus\":{}}")
      #expect(typo.findings == ["unknown-member 2:1"])
      let inputs = try await scene.send(
        "POST", "/v1/runs", #"{"workflow":"hello","inputs":{"n":"x","m":1}}"#)
      let pointers = inputs["errors"]?.items.map { $0["pointer"]?.string }
      #expect(pointers == ["/inputs/m", "/inputs/n"])
      #expect(scene.store.commitCount == commits)
      #expect(scene.announced == [])
    }
  }

  @Test func `a body is JSON, says so, and is as long as it may be`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try await Scene(world) { $0.requestBytesMax = 200 }
      try await scene.apply("hello")
      let body = #"{"workflow":"hello"}"#
      for (length, status) in [(199, 202), (200, 202), (201, 413)] {
        let blanks = String(repeating: " ", count: length - body.utf8.count)
        #expect(try await scene.send("POST", "/v1/runs", body + blanks).status == status)
      }
      for letter in [Letter.bare, .yaml, Letter(type: "text/json")] {
        #expect(try await scene.send("POST", "/v1/runs", body, letter).status == 415)
      }
    }
  }

  @Test func `a lock that was not to be had is tried again`() throws {
    try Simulation.run(seed: 5) { world in
      var faults = RecordStoreFaults.calm
      faults.conflict = .percent(60)
      let scene = try await Scene(world, records: faults)
      try await scene.apply("hello")
      for number in 0..<10 {
        let reply = try await scene.send(
          "POST", "/v1/runs", #"{"workflow":"hello"}"#,
          number % 2 == 0 ? nil : Letter(key: "k\(number)"))
        #expect(reply.status == 202)
        let id = try #require(reply["id"]?.string)
        scene.scheduler.put(id, "running")
        #expect(try await scene.send("POST", "/v1/runs/\(id)/cancel").status == 202)
      }
      #expect(scene.store.records(WorkflowTables.requests).count == 10)
      scene.store.faults.conflict = .always
      #expect(try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#).status == 503)
    }
  }

  @Test func `a wait ends with the run, or when its time is over`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      let start = world.here.time.uptime()
      let queued = try await scene.send(
        "POST", "/v1/runs?wait=5s", #"{"workflow":"hello"}"#)
      #expect(queued.status == 202)
      #expect(queued["state"] == .string("queued"))
      let id = try #require(queued["id"]?.string)
      let waited = world.here.time.uptime() - start
      #expect(waited >= .seconds(5) && waited < .seconds(6))

      scene.scheduler.put(id, "running")
      world.schedule(after: .seconds(3)) { scene.scheduler.put(id, "failed") }
      let ended = try await scene.get("/v1/runs/\(id)?wait=60s")
      #expect(ended["state"] == .string("failed"))
      #expect(world.here.time.uptime() - start < .seconds(10))
      for wrong in ["61s", "x", "-1s", "5"] {
        #expect(try await scene.get("/v1/runs/\(id)?wait=\(wrong)").status == 400, "\(wrong)")
      }
    }
  }
}
