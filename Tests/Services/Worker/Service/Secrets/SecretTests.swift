import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import WorkerService

/// Tasks that are given secrets.
struct SecretTests {
  private static let canary = "cAnary/+secret==42"

  private static func order(
    _ names: [String] = ["KEY"], header: String? = nil
  ) -> WorkOrderMessage {
    typealias Field = WorkOrderMessage.SecretField
    func field(_ name: String, _ secret: String) -> Field {
      Field(
        name: name,
        pieces: [
          Field.Piece(piece: .text("Bearer ")), Field.Piece(piece: .secret(secret)),
        ])
    }
    var order = Scene.order(0)
    if let header {
      order.work = .http(
        WorkOrderMessage.HTTP(
          method: "GET", url: "http://host/", secretHeaders: [field("Authorization", header)]))
    }
    order.secretEnvironment = names.map { field("MY_\($0)", $0) }
    return order
  }

  /// What everybody outside of the worker could see.
  private static func everything(_ scene: Scene) -> String {
    ["task.logs", "task.completed", "task.failed"].flatMap { scene.bus.records($0) }
      .map { String(decoding: $0.record.value, as: UTF8.self) }.joined(separator: "\n")
  }

  @Test func `secrets are filled in at the worker and leave it in no form`() throws {
    try Simulation.run(seed: 1) { world in
      let canary = Self.canary
      let script = ExecutionScript(
        steps: [
          .print(.out, "the key is \(canary)!"), .print(.error, "or \(canary)"),
          // "xx" + canary: another alignment.
          .print(.out, "eHhjQW5hcnkvK3NlY3JldD09NDI="), .print(.out, "cAnary%2F%2Bsecret%3D%3D42"),
          .print(.out, "half of it: cAnary/+sec"), .print(.out, "and no more"),
        ],
        ending: .ends(
          .succeeded(outputs: [
            "url": .string("http://u:\(canary)@host"), "list": .array([.string(canary)]),
          ])))
      let secrets = FakeSecrets(["KEY": canary])
      let scene = Scene(world, secrets: secrets) { _ in script }
      var order = Self.order(header: "KEY")
      order.outputs = [
        "url": ValueTypeMessage(.string), "list": ValueTypeMessage(.array(of: .string)),
      ]
      scene.gateway.offer([order])
      try await scene.waitForResults([0])
      let started = try #require(scene.executor.records.first?.order)
      #expect(started.environment["MY_KEY"] == "Bearer " + canary)
      guard case .http(_, _, let headers, _, _) = started.work else {
        Issue.record("another kind of work")
        return
      }
      #expect(headers == [HTTPField("Authorization", "Bearer " + canary)])
      try await scene.wait(for: "the log") { scene.log(of: 0).isLast }
      let lines = scene.log(of: 0).lines
      #expect(lines.contains("the key is ***!") && lines.contains("or ***"))
      #expect(lines.contains("cAnary%2F%2Bsecret%3D%3D42") == false)
      #expect(lines.contains("half of it: cAnary/+sec") && lines.contains("and no more"))
      let seen = Self.everything(scene)
      #expect(!seen.contains(canary))
      #expect(!seen.contains("cAnary%2F") && !seen.contains("hjQW5hcnkvK3NlY3JldD09ND"))
      let outputs = try Self.end(scene).outputs
      #expect(
        SortedMap<String, Value>(outputs) == [
          "url": .string("http://u:***@host"), "list": .array([.string("***")]),
        ])
      #expect(secrets[\.asked].map(\.namespace) == ["default"])
    }
  }

  @Test func `a secret that is missing fails the attempt and names it`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = Scene(world, secrets: FakeSecrets(["KEY": Self.canary])) { _ in .succeeds() }
      scene.gateway.offer([Self.order(["KEY", "OTHER"])])
      try await scene.waitForResults([0])
      let end = try Self.end(scene)
      #expect(end.result == .failed)
      #expect(end.reason?.code == "secret-missing")
      #expect(end.reason?.message == "namespace default has no secret OTHER")
      #expect(scene.executor.records.isEmpty)
    }
  }

  @Test func `a header gets no line break out of a secret`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = Scene(world, secrets: FakeSecrets(["KEY": "two lines\r\nX-Evil: 1"])) { _ in
        .succeeds()
      }
      scene.gateway.offer([Self.order([], header: "KEY")])
      try await scene.waitForResults([0])
      let end = try Self.end(scene)
      #expect(end.reason?.code == "secret-not-fitting")
      #expect(!Self.everything(scene).contains("X-Evil"))
    }
  }

  @Test func `while nobody gives secrets out the attempt is not taken for failed`() throws {
    try Simulation.run(seed: 4) { world in
      let secrets = FakeSecrets(["KEY": Self.canary])
      secrets[\.failures] = [RPCError(.unavailable, "starting")]
      let scene = Scene(world, secrets: secrets) { _ in .succeeds() }
      scene.gateway.offer([Self.order()])
      try await scene.waitForResults([0])
      let end = try Self.end(scene)
      #expect(end.result == .lost)
      #expect(end.reason?.code == "secrets-unavailable")
    }
  }

  @Test func `orders without secrets ask nobody`() throws {
    try Simulation.run(seed: 5) { world in
      let secrets = FakeSecrets([:])
      let scene = Scene(world, secrets: secrets) { _ in .succeeds(printing: ["a line"]) }
      scene.gateway.offer([Scene.order(0)])
      try await scene.waitForResults([0])
      #expect(secrets[\.asked].isEmpty)
      #expect(scene.log(of: 0).lines == ["a line"])
    }
  }

  private static func end(_ scene: Scene) throws -> AttemptEnded {
    let record = try #require(
      (scene.bus.records("task.failed") + scene.bus.records("task.completed")).first)
    return try AttemptEnded(decoding: record.record.value)
  }
}
