import ArtifactCore
import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import ArtifactService

private let content = (0..<25).map { UInt8($0) }

private func attempt(_ number: Int = 1, task: String = "build") -> AttemptID {
  AttemptID(
    run: Scene.run, task: TaskKey(TaskName(unchecked: task)), fence: Fence(number))
}

private func offer(
  _ attempt: AttemptID, _ content: [UInt8], path: String = "a/b.xml"
) -> OfferArtifactRequest {
  OfferArtifactRequest(
    attempt: attempt.description, name: "junit", path: path, size: Int64(content.count),
    digest: Scene.hexadecimal(content), contentType: "text/plain")
}

struct GatewayTests {
  @Test(arguments: [10, 1_000])
  func `a worker brings files of its attempt and others fetch them`(partBytes: Int) throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.partBytes = partBytes }
      let asked: OfferArtifactResponse = try await scene.remote("Offer", offer(attempt(), content))
      #expect(!asked.isReady)
      if asked.parts == 0 {
        #expect(try await scene.call("PUT", asked.link, content, token: nil).status == 200)
      } else {
        #expect(asked.parts == 3)
        for part in 1...3 {
          let bytes = content.dropFirst((part - 1) * 10).prefix(10)
          let put = try await scene.call(
            "PUT", "\(asked.link)&part=\(part)", Array(bytes), token: nil)
          #expect(put.status == 204)
        }
        let request = CompleteArtifactRequest(
          attempt: attempt().description, artifact: asked.artifact)
        let _: CompleteArtifactResponse = try await scene.remote("Complete", request)
        let _: CompleteArtifactResponse = try await scene.remote("Complete", request)
      }
      let again: OfferArtifactResponse = try await scene.remote("Offer", offer(attempt(), content))
      #expect(again.isReady)
      #expect(again.artifact == asked.artifact)
      let found: FindArtifactsResponse = try await scene.remote(
        "Find",
        FindArtifactsRequest(
          attempt: attempt(task: "deploy").description, task: "build", name: "junit"))
      let file = try #require(found.files.first)
      #expect(file.path == "a/b.xml")
      #expect(try await scene.call("GET", file.link, token: nil).bytes == content)
    }
  }

  /// Goal: workers in a network of their own reach files, wherever clients come from.
  @Test func `links of workers begin with what workers reach, those of clients with what they do`()
    throws
  {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let id = ArtifactID(SortableID(high: 1, low: 1))
      let links = LinkDesk(ports: scene.ports(workers: { "http://gateway:8080" }) { _ in })
      let worker = links.link(.get, id, for: .seconds(60), of: .worker).url
      #expect(worker.hasPrefix("http://gateway:8080/v1/links/\(id)?"))
      let client = links.link(.get, id, for: .seconds(60)).url
      #expect(client.hasPrefix("http://\(Scene.address)/v1/links/\(id)?"))
      let same = LinkDesk(ports: scene.ports { _ in })
      #expect(same.link(.get, id, for: .seconds(60), of: .worker).url == client)
    }
  }

  /// Goal: a retried attempt hides no files, and who fetches gets those of the newest attempt.
  @Test func `each attempt has its own files and the newest are found`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      for (number, path) in [(1, "a"), (1, "b"), (2, "a"), (2, "c"), (10, "d")] {
        let content = Array("\(number)\(path)".utf8)
        let asked: OfferArtifactResponse = try await scene.remote(
          "Offer", offer(attempt(number), content, path: path))
        if number != 10 {
          #expect(try await scene.call("PUT", asked.link, content, token: nil).status == 200)
        }
      }
      let found: FindArtifactsResponse = try await scene.remote(
        "Find",
        FindArtifactsRequest(attempt: attempt().description, task: "build", name: "junit"))
      #expect(found.files.map(\.path) == ["a", "c"])
      let list = try await scene.call(
        "GET", "/v1/runs/\(Scene.run)/artifacts?task=build&attempt=1")
      #expect(list.value["items"]?.items.count == 2)
    }
  }

  /// Goal: a rerun has the files of the run that it took a task over from, and no foreign ones.
  @Test func `files of another run are found in the same namespace alone`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let asked: OfferArtifactResponse = try await scene.remote("Offer", offer(attempt(), content))
      #expect(try await scene.call("PUT", asked.link, content, token: nil).status == 200)
      let rerun = RunID(SortableID(high: 1 << 40, low: 3))
      scene.know(rerun, .default)
      func find(from run: RunID, of keeper: String) async throws -> [String] {
        let found: FindArtifactsResponse = try await scene.remote(
          "Find",
          FindArtifactsRequest(
            attempt: "\(run)/deploy/1", task: "build", name: "junit", run: keeper))
        return found.files.map(\.path)
      }
      #expect(try await find(from: rerun, of: "") == [])
      #expect(try await find(from: rerun, of: Scene.run.text) == ["a/b.xml"])
      await #expect(throws: RPCError.self) {
        _ = try await find(from: Scene.foreignRun, of: Scene.run.text)
      }
      await #expect(throws: RPCError.self) { _ = try await find(from: rerun, of: "x") }
    }
  }

  @Test func `what makes no sense or is not its own is refused`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      func code(_ method: String, _ request: OfferArtifactRequest) async -> RPCError.Code? {
        do {
          let _: OfferArtifactResponse = try await scene.remote(method, request)
          return nil
        } catch {
          return (error as? RPCError)?.code
        }
      }
      var odd = offer(attempt(), content)
      odd.path = "../x"
      #expect(await code("Offer", odd) == .invalidArgument)
      odd = offer(attempt(), content)
      odd.digest = "x"
      #expect(await code("Offer", odd) == .invalidArgument)
      odd = offer(attempt(), content)
      odd.attempt = "x"
      #expect(await code("Offer", odd) == .invalidArgument)
      odd = offer(attempt(), content)
      odd.size = -1
      #expect(await code("Offer", odd) == .invalidArgument)
      odd.attempt = "\(RunID(SortableID(high: 5, low: 5)))/build/1"
      odd.size = 1
      #expect(await code("Offer", odd) == .notFound)
      #expect(await code("Nothing", odd) == .unimplemented)
      let foreign = try await scene.put("a", [1], run: Scene.foreignRun)
      await #expect(throws: RPCError.self) {
        let _: FindArtifactsResponse = try await scene.remote(
          "Find",
          FindArtifactsRequest(attempt: attempt().description, artifact: foreign.id))
      }
      await #expect(throws: RPCError.self) {
        let _: CompleteArtifactResponse = try await scene.remote(
          "Complete",
          CompleteArtifactRequest(attempt: attempt().description, artifact: foreign.id))
      }
      #expect(scene.faults() == [])
    }
  }
}
