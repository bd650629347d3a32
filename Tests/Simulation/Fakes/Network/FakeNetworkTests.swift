import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing

private struct Answering: RPCHandler, HTTPHandler {
  var rpc: @Sendable (String, [UInt8]) async throws(RPCError) -> [UInt8] = {
    _, _ throws(RPCError) in []
  }
  var http: @Sendable (HTTPRequest) async -> HTTPResponse = { _ in HTTPResponse(status: 200) }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    try await rpc(method, request)
  }

  func respond(to request: HTTPRequest) async -> HTTPResponse { await http(request) }
}

extension SimulatedWorld {
  fileprivate func serve(
    _ name: String, _ network: FakeNetwork, _ handler: Answering
  ) -> SimulatedProcess {
    let process = process(name)
    process.start { environment in
      environment.spawner.spawn("http") {
        try? await network.serve("\(name):80", handler) { _ in }
      }
      try await network.serve(rpc: "echo", handler)
    }
    return process
  }
}

struct FakeNetworkTests {
  @Test(arguments: NetworkContract.cases)
  func `the fake keeps the contract of Network`(_ promise: ContractCase<NetworkSubject>) throws {
    for (seed, faults) in [(1, .calm), (2, .slow), (3, .slow)] as [(UInt64, NetworkFaults)] {
      var faults = faults
      // No network promises pieces, yet a case tells two that are far apart in time by their size.
      faults.variesPieces = faults.variesPieces && !promise.name.contains("a piece arrives")
      try Simulation.run(seed: seed) { [faults] world in
        try await promise.check(
          NetworkSubject(
            network: FakeNetwork(world, faults: faults), time: world.here.time,
            spawner: world.here.spawner, address: "server:0"))
      }
    }
  }

  private static let echo = Answering(rpc: { _, request throws(RPCError) in request })

  @Test func `a call is answered by another process`() throws {
    try Simulation.run(seed: 1) { world in
      let network = FakeNetwork(world, faults: .slow)
      _ = world.serve("server", network, Self.echo)
      try await world.here.time.sleep(for: .seconds(1))
      #expect(try await network.call("echo", "m", [1, 2], within: .seconds(1)) == [1, 2])
    }
  }

  @Test func `a caller learns of a dead server at once, or at its deadline`() throws {
    for (halfOpen, code) in [
      (Chance.never, RPCError.Code.unavailable), (.always, .deadlineExceeded),
    ] {
      try Simulation.run(seed: 1) { world in
        var faults = NetworkFaults.slow
        faults.halfOpen = halfOpen
        let network = FakeNetwork(world, faults: faults)
        let server = world.serve(
          "server", network,
          Answering(rpc: { _, _ throws(RPCError) in
            try? await world.here.time.sleep(for: .seconds(3_600))
            return []
          }))
        try await world.here.time.sleep(for: .seconds(1))
        world.schedule(after: .seconds(1)) { server.kill() }
        let error = await #expect(throws: RPCError.self) {
          try await network.call("echo", "m", [], within: .seconds(20))
        }
        #expect(error?.code == code)
      }
    }
  }

  @Test func `a lost request is not carried out, a lost answer is`() throws {
    for isRequest in [true, false] {
      try Simulation.run(seed: 1) { world in
        var faults = NetworkFaults.calm
        if isRequest { faults.requestLost = .always } else { faults.answerLost = .always }
        let network = FakeNetwork(world, faults: faults)
        let calls = Mutex(0)
        _ = world.serve(
          "server", network,
          Answering(rpc: { _, _ throws(RPCError) in
            calls.withLock { $0 += 1 }
            return []
          }))
        try await world.here.time.sleep(for: .seconds(1))
        var codes: [RPCError.Code] = []
        for _ in 0..<30 {
          do throws(RPCError) {
            _ = try await network.call("echo", "m", [], within: .seconds(1))
          } catch {
            codes.append(error.code)
          }
        }
        #expect(codes.count == 30)
        #expect(Set(codes) == [.unavailable, .deadlineExceeded])
        #expect(calls.withLock { $0 } == (isRequest ? 0 : 30))
      }
    }
  }

  @Test func `a cut in one direction lets requests through and no answers`() throws {
    try Simulation.run(seed: 1) { world in
      let network = FakeNetwork(world)
      let calls = Mutex(0)
      let server = world.serve(
        "server", network,
        Answering(rpc: { _, _ throws(RPCError) in
          calls.withLock { $0 += 1 }
          return []
        }))
      try await world.here.time.sleep(for: .seconds(1))
      func code() async -> RPCError.Code? {
        do throws(RPCError) {
          _ = try await network.call("echo", "m", [], within: .seconds(1))
          return nil
        } catch {
          return error.code
        }
      }
      network.cut(from: server, to: world.here.process)
      #expect(await code() == .deadlineExceeded)
      #expect(calls.withLock { $0 } == 1)
      network.heal()
      network.isolate(server)
      #expect(await code() == .deadlineExceeded)
      #expect(calls.withLock { $0 } == 1)
      network.heal()
      #expect(await code() == nil)
    }
  }

  @Test func `a paused server answers when it resumes`() throws {
    try Simulation.run(seed: 1) { world in
      let network = FakeNetwork(world)
      let server = world.serve("server", network, Self.echo)
      try await world.here.time.sleep(for: .seconds(1))
      server.pause()
      world.schedule(after: .seconds(5)) { server.resume() }
      let begin = world.elapsed
      #expect(try await network.call("echo", "m", [7], within: .seconds(20)) == [7])
      #expect(world.elapsed - begin >= .seconds(5))
    }
  }

  @Test func `a stream is cut when its server dies, and stalls while it is cut off`() throws {
    try Simulation.run(seed: 1) { world in
      let network = FakeNetwork(world, faults: .slow)
      let server = world.serve(
        "server", network,
        Answering(http: { _ in
          HTTPResponse(
            status: 200,
            body: .stream { sink in
              for number in UInt8(0)... {
                try await sink.write([number])
                try await world.here.time.sleep(for: .seconds(1))
              }
            })
        }))
      try await world.here.time.sleep(for: .seconds(1))
      let answer = try await network.send(HTTPCall(method: "GET", url: "http://server/"))
      #expect(try await answer.body.next() == [0])
      #expect(try await answer.body.next() == [1])
      network.cut(from: server, to: world.here.process)
      world.schedule(after: .seconds(10)) { network.heal() }
      let begin = world.elapsed
      #expect(try await answer.body.next() == [2])
      #expect(world.elapsed - begin >= .seconds(10))
      server.kill()
      await #expect(throws: HTTPError.disconnected) {
        while try await answer.body.next() != nil {}
      }
    }
  }

  /// Goal: a run may end at any moment, whatever is on its way. Method: leave answers unread, on
  /// their way and streaming, and end.
  @Test func `a run may end while bodies are on their way`() throws {
    for seed in UInt64(1)...20 {
      try Simulation.run(seed: seed) { world in
        let network = FakeNetwork(world, faults: .slow)
        let handler = Answering(http: { _ in
          HTTPResponse(
            status: 200,
            body: .stream { sink in
              while true { try await sink.write([UInt8](repeating: 1, count: 50_000)) }
            })
        })
        let server = world.serve("server", network, handler)
        try await world.here.time.sleep(for: .seconds(1))
        for _ in 0..<20 {
          world.here.spawner.spawn("caller") {
            let answer = try? await network.send(HTTPCall(method: "GET", url: "http://server/"))
            for _ in 0..<3 { _ = try? await answer?.body.next() }
          }
        }
        try await world.here.time.sleep(for: .milliseconds(Int64(seed)))
        if seed % 3 == 0 { server.kill() }
      }
    }
  }

  @Test func `an address is free again after its process died`() throws {
    try Simulation.run(seed: 1) { world in
      let network = FakeNetwork(world)
      let server = world.serve("server", network, Self.echo)
      try await world.here.time.sleep(for: .seconds(1))
      server.kill()
      await #expect(throws: HTTPError.unreachable("nobody serves server:80")) {
        try await network.send(HTTPCall(method: "GET", url: "http://server:80/x"))
      }
      server.restart()
      try await world.here.time.sleep(for: .seconds(1))
      let answer = try await network.send(HTTPCall(method: "GET", url: "http://server:80/x"))
      #expect(answer.status == 200)
    }
  }

  @Test(
    arguments: [
      ("http://a:1/p?q=1&r", "a:1", "/p", "q=1&r"), ("http://a", "a:80", "/", nil),
      ("http://a?x", "a:80", "/", "x"), ("http://a:9/b#c", "a:9", "/b", nil),
      ("http://a:9/b?", "a:9", "/b", ""),
    ] as [(String, String, String, String?)])
  func `urls are taken apart`(
    _ url: String, address: String, path: String, query: String?
  ) throws {
    try Simulation.run(seed: 1) { world in
      let network = FakeNetwork(world)
      let seen = Mutex<(String, String?)?>(nil)
      world.here.spawner.spawn("server") {
        let handler = Answering(http: { request in
          seen.withLock { $0 = (request.path, request.query) }
          return HTTPResponse(status: 204)
        })
        try? await network.serve(address, handler) { _ in }
      }
      await Task.yield()
      try await world.here.time.sleep(for: .milliseconds(1))
      #expect(try await network.send(HTTPCall(method: "GET", url: url)).status == 204)
      let found = seen.withLock { $0 }
      #expect(found?.0 == path)
      #expect(found?.1 == query)
    }
  }

  @Test func `a hostile network is deterministic`() throws {
    try Simulation.checkDeterminism(seed: 5) { world in
      let network = FakeNetwork(world, faults: .hostile)
      let server = world.serve("server", network, Self.echo)
      try await world.here.time.sleep(for: .seconds(1))
      world.schedule(after: .seconds(2)) { server.restart(after: .seconds(1)) }
      for number in UInt8(0)..<100 {
        _ = try? await network.call("echo", "m", [number], within: .seconds(1))
        let answer = try? await network.send(HTTPCall(method: "GET", url: "http://server/"))
        _ = try? await answer?.body.next()
      }
    }
  }
}
