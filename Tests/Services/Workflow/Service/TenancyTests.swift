import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import WorkflowService

struct TenancyTests {
  private struct Request: Sendable {
    var method: String
    var target: String
    var body = ""

    init(_ method: String, _ target: String, _ body: String = "") {
      (self.method, self.target, self.body) = (method, target, body)
    }
  }

  /// Everything that can be asked about a namespace and a run in it.
  private static func requests(_ namespace: String, _ run: String) -> [Request] {
    let definition = Scene.definition("hello", says: "changed")
      .replacing("{\"id\"", with: "{\"namespace\":\"\(namespace)\",\"id\"")
    return [
      Request("POST", "/v1/workflows", definition),
      Request("POST", "/v1/workflows?dryRun=true", definition),
      Request("GET", "/v1/workflows?namespace=\(namespace)"),
      Request("GET", "/v1/workflows/\(namespace)/hello"),
      Request("GET", "/v1/workflows/\(namespace)/hello/versions"),
      Request("GET", "/v1/workflows/\(namespace)/hello/source"),
      Request("DELETE", "/v1/workflows/\(namespace)/hello"),
      Request("POST", "/v1/runs", #"{"workflow":"hello","namespace":"\#(namespace)"}"#),
      Request("GET", "/v1/runs?namespace=\(namespace)"), Request("GET", "/v1/runs/\(run)"),
      Request("GET", "/v1/runs/\(run)/tasks"), Request("GET", "/v1/runs/\(run)/explain"),
      Request("GET", "/v1/runs/\(run)/events"), Request("POST", "/v1/runs/\(run)/cancel"),
      Request("POST", "/v1/runs/\(run)/kill"),
    ]
  }

  /// Goal: what belongs to others looks as if it did not exist, and stays as it is.
  /// Method: ask for everything in another namespace, and for the same where there is nothing.
  @Test func `the things of another namespace are not there`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try await Scene(world)
      let made = try await scene.send(
        "POST", "/v1/workflows",
        Scene.definition("hello").replacing("{\"id\"", with: "{\"namespace\":\"b\",\"id\""))
      #expect(made.status == 201)
      let started = try await scene.send(
        "POST", "/v1/runs", #"{"workflow":"hello","namespace":"b"}"#)
      let run = try #require(started["id"]?.string)
      scene.scheduler.put(run, "running")
      let commits = scene.store.commitCount
      let nothing = RunID.sample(1).text
      let theirs = TenancyTests.requests("b", run)
      let missing = TenancyTests.requests("c", nothing)
      for (there, nowhere) in zip(theirs, missing) {
        let reply = try await scene.send(
          there.method, there.target, there.body, letter(there, "ann@a"))
        let other = try await scene.send(
          nowhere.method, nowhere.target, nowhere.body, letter(nowhere, "ann@a"))
        #expect(reply.status == 404, "\(there.method) \(there.target)")
        #expect(other.status == 404, "\(nowhere.method) \(nowhere.target)")
        let words = other["detail"]?.string?.replacing("namespace c", with: "namespace b")
          .replacing(nothing, with: run)
        #expect(reply["detail"]?.string == words)
      }
      #expect(scene.store.commitCount == commits)
    }
  }

  @Test func `who may look may not change`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try await Scene(world)
      try await scene.apply("hello")
      let started = try await scene.send("POST", "/v1/runs", #"{"workflow":"hello"}"#)
      let run = try #require(started["id"]?.string)
      scene.scheduler.put(run, "succeeded")
      let commits = scene.store.commitCount
      for request in TenancyTests.requests("default", run) {
        let reply = try await scene.send(
          request.method, request.target, request.body, letter(request, "viewer@default"))
        let isRead = request.method == "GET"
        #expect(reply.status == (isRead ? 200 : 403), "\(request.method) \(request.target)")
      }
      #expect(scene.store.commitCount == commits)
    }
  }

  private func letter(_ request: Request, _ user: String) -> Letter {
    Letter(type: request.body.isEmpty ? nil : "application/json", user: user)
  }
}
