import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire
import WorkerCore

@testable import WorkerService

private let reports: SortedMap<String, [UInt8]> = [
  "reports/a.xml": Array("aaa".utf8), "reports/unit/b.xml": Array("0123456789bcdef".utf8),
  "log.txt": Array("log".utf8), "empty": [],
]

private func rule(
  _ path: String, _ name: String, _ when: String = "always"
) -> WorkOrderMessage.Artifact {
  WorkOrderMessage.Artifact(path: path, name: name, when: when)
}

/// One attempt with files, in a world with a fake of the artifact service.
private struct Journey {
  var artifacts: [WorkOrderMessage.Artifact] = []
  var files: [WorkOrderMessage.File] = []
  var ending = ExecutionScript.succeeds(after: .seconds(1), printing: ["working"])
  var prepare: @Sendable (FakeArtifacts) -> Void = { _ in }

  func run(
    _ world: SimulatedWorld, _ service: FakeArtifacts,
    within: Duration = .seconds(600),
    during: (Scene) async throws -> Void = { _ in }
  ) async throws -> (result: AttemptEnded, scene: Scene) {
    var ending = ending
    ending.makes = reports
    let script = ending
    let scene = Scene(world, artifacts: service) { _ in script }
    prepare(service)
    var order = Scene.order(1)
    order.artifacts = artifacts
    order.files = files
    scene.gateway.offer([order])
    try await during(scene)
    try await scene.wait(for: "the end", within: within) {
      scene.gateway.result(of: Scene.attempt(1)) != nil
    }
    let result = try #require(scene.gateway.result(of: Scene.attempt(1)))
    return (result, scene)
  }
}

struct ArtifactCourierTests {
  @Test func `files are kept, large ones in parts, and the log says so`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(artifacts: [rule("reports/**", "junit"), rule("empty", "empty")])
      let (result, scene) = try await journey.run(world, service)
      #expect(result.result == .succeeded)
      #expect(
        service.contents == [
          "junit:a.xml": Array("aaa".utf8), "junit:unit/b.xml": Array("0123456789bcdef".utf8),
          "empty:empty": [],
        ])
      try await scene.wait(for: "the log") { scene.log(of: 1).isLast }
      #expect(scene.log(of: 1).isDense)
      #expect(
        scene.log(of: 1).lines
          == ["working", "artifact junit: 2 files, 18 bytes", "artifact empty: 1 file, 0 bytes"])
      #expect(result.logLines == 3)
      #expect(scene.executor.folder(of: Scene.attempt(1))?.isRemoved == true)
    }
  }

  /// Goal: what is needed most is there when the step fails, too.
  @Test func `files of a failed attempt are kept as it was asked for`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(
        artifacts: [
          rule("reports/a.xml", "always"), rule("log.txt", "failure", "failure"),
          rule("log.txt", "success", "success"),
        ], ending: .fails(exitCode: 3, after: .seconds(1)))
      let (result, _) = try await journey.run(world, service)
      #expect(result.result == .failed)
      #expect(result.exitCode == 3)
      #expect(service.contents.keys.sorted() == ["always:a.xml", "failure:log.txt"])
    }
  }

  @Test func `a path that fits nothing is a line in the log`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let (result, scene) = try await Journey(artifacts: [rule("nothing/**", "none")]).run(
        world, service)
      #expect(result.result == .succeeded)
      #expect(scene.log(of: 1).lines.contains("artifact none: no file fits nothing/**"))
    }
  }

  @Test func `a service that stumbles is asked again`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(artifacts: [rule("reports/**", "junit")]) { service in
        service.set { $0.failures = 6 }
      }
      let (result, _) = try await journey.run(world, service)
      #expect(result.result == .succeeded)
      #expect(service.contents.count == 2)
    }
  }

  /// Goal: success means that everything is there that was asked for.
  @Test func `a success whose files could not be kept is none`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(artifacts: [rule("reports/**", "junit")]) { service in
        service.set { $0.isDown = true }
      }
      let (result, _) = try await journey.run(world, service)
      #expect(result.result == .failed)
      #expect(result.reason?.code == "artifact-not-kept")
    }
  }

  @Test func `files are brought before the work starts`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(
        files: [
          WorkOrderMessage.File(to: "in/", task: "build", name: "out"),
          WorkOrderMessage.File(to: "one.txt", artifact: "art2"),
        ]
      ) { service in
        for (path, text) in [("a", "aa"), ("b/c", "longer than a part"), ("x", "single")] {
          service.keep(
            Array(text.utf8), name: path == "x" ? "single" : "out", path: path,
            attempt: Scene.attempt(9))
        }
      }
      let (result, scene) = try await journey.run(world, service)
      #expect(result.result == .succeeded)
      let folder = try #require(scene.executor.folder(of: Scene.attempt(1)))
      #expect(folder.files["in//a"] == nil)
      #expect(folder.files["in/a"] == Array("aa".utf8))
      #expect(folder.files["in/b/c"] == Array("longer than a part".utf8))
      #expect(folder.files["one.txt"] == Array("single".utf8))
    }
  }

  @Test(arguments: [true, false])
  func `work whose files do not come never starts`(isDamaged: Bool) throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(
        files: [WorkOrderMessage.File(to: "in", task: "build", name: "out")]
      ) { service in
        guard isDamaged else { return }
        service.keep([1, 2], name: "out", path: "a", attempt: Scene.attempt(9))
        service.set { $0.damages = true }
      }
      let (result, scene) = try await journey.run(world, service)
      #expect(result.result == .failed)
      #expect(result.reason?.code == "files-missing")
      #expect(scene.executor.records.isEmpty)
      #expect(scene.executor.folder(of: Scene.attempt(1))?.isRemoved == true)
    }
  }

  /// Goal: a service that is away costs the budget for lost attempts, not that for failures.
  @Test func `an attempt whose files are out of reach may be tried again`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(
        files: [WorkOrderMessage.File(to: "in", task: "build", name: "out")]
      ) { service in
        service.set { $0.isDown = true }
      }
      let (result, scene) = try await journey.run(world, service)
      #expect(result.result == .lost)
      #expect(scene.executor.records.isEmpty)
    }
  }

  /// Goal: a cancel does not wait for a service that does not answer.
  @Test func `an attempt that is stopped does not wait for its files`() throws {
    try Simulation.run(seed: 1) { world in
      let service = FakeArtifacts()
      let journey = Journey(
        artifacts: [rule("reports/**", "junit")],
        ending: .hangs(termination: .obeys(after: .seconds(1)))
      ) { service in
        service.set { $0.isDown = true }
      }
      let stoppedAt = world.elapsed
      let (result, _) = try await journey.run(world, service, within: .seconds(60)) { scene in
        try await scene.wait(for: "the start") { scene.executor.running.count == 1 }
        scene.gateway[\.stops] = [
          HeartbeatResponse.Stop(attempt: Scene.attempt(1).description, reason: "enough")
        ]
      }
      #expect(result.result == .stopped)
      #expect(world.elapsed - stoppedAt < .seconds(20))
    }
  }
}
