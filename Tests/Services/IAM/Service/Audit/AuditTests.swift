import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Testing

@testable import IAMService

struct AuditTests {
  private func path(_ route: Route) -> String {
    route.template.split(separator: "/").map { segment in
      switch segment {
      case "{namespace}": "default"
      case "{user}", "{subject}": "ann"
      case "{account}": "ci"
      default: segment.hasPrefix("{") ? "tok_x" : String(segment)
      }
    }.reduce(into: "") { $0 += "/" + $1 }
  }

  /// M32. Method: every mutating route of the table, as somebody who may and as somebody who may
  /// not, with and without a body that fits; each time exactly one entry more.
  @Test func `every mutating call and every denial writes exactly one entry`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let bob = try await scene.user("bob", .viewer, in: "default", by: admin)["accessToken"]
      _ = try await scene.register("ann")
      var count = scene.store.records(IAMTables.audits).count
      let bodies: [Value?] = [
        nil, .object([:]), .object(["role": .string("viewer")]), .object(["name": .string("ci")]),
        .object(["refreshToken": .string("x")]),
        .object(["name": .string("zoe"), "password": .string(Scene.password)]),
      ]
      // Signing out ends the tokens that the test goes on with.
      for route in scene.routes where route.isMutating && route.template != "/v1/auth/logout" {
        for token in [admin, bob, nil, "bad"] {
          for body in bodies {
            // Faster than a second's bound on strangers.
            try await world.here.time.sleep(for: .milliseconds(100))
            let answer = try await scene.send(route.method, path(route), body, token: token)
            let entries = scene.store.records(IAMTables.audits)
            #expect(entries.count == count + 1, "\(route.name) \(answer.status)")
            count = entries.count
            let last = entries.last
            #expect(last?.action == route.name)
            #expect(last?.status == Int32(answer.status))
            #expect(last?.outcome == (answer.status < 400 ? "done" : "refused"))
          }
        }
      }
      for route in scene.routes where !route.isMutating && route.access != .anyone {
        _ = try await scene.send("GET", path(route), token: "bad")
        count += 1
        #expect(scene.store.records(IAMTables.audits).count == count, "\(route.name)")
      }
      let text = scene.store.records(IAMTables.audits).map { String(describing: $0) }.joined()
      #expect(!text.contains(Scene.password))
    }
  }

  @Test func `it is read newest first, by who may, and by namespace`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      for name in ["pay", "pays"] { try await scene.makeNamespace(name, by: admin) }
      let ann = try await scene.user("ann", .admin, in: "pay", by: admin)["accessToken"]
      for place in ["pay", "pays"] {
        let path = "/v1/namespaces/\(place)/service-accounts"
        _ = try await scene.post(path, ["name": .string("ci")], token: admin)
      }
      #expect(try await scene.send("GET", "/v1/audit", token: ann).status == 403)
      #expect(try await scene.send("GET", "/v1/namespaces/pays/audit", token: ann).status == 404)
      let unknown = try await scene.send("GET", "/v1/audit?outcome=well", token: admin)
      #expect(unknown.status == 400)
      let mine = try await scene.send("GET", "/v1/namespaces/pay/audit?outcome=done", token: ann)
      #expect(mine.items.count == 2)
      #expect(mine.items.allSatisfy { $0.without("x").json.contains("\"namespace\":\"pay\"") })
      var (ids, next): ([String], String) = ([], "")
      repeat {
        let query = "/v1/audit?limit=2" + (next.isEmpty ? "" : "&cursor=" + next)
        let page = try await scene.send("GET", query, token: admin)
        ids += page.items.map { item in
          if case .object(let members) = item { members["id"]?.text ?? "" } else { "" }
        }
        next = page["nextCursor"]
      } while !next.isEmpty
      let stored = scene.store.records(IAMTables.audits).map(\.id)
      #expect(ids == stored.filter { ids.contains($0) }.sorted().reversed())
      #expect(SortedSet(ids).count == ids.count)
      #expect(ids.count >= stored.count - 1)
    }
  }

  @Test func `entries of other services arrive once, also when the answer was lost`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let here = world.here
      let trail = RemoteAuditTrail(network: scene.network, context: ServiceContext(here))
      let sending = here.spawner.spawn("sending") { await trail.run() }
      scene.network.faults = .hostile
      scene.store.faults = .hostile
      let router = Router(
        [Route("POST", "/v1/things", .anyone) { _ throws(Problem) in HTTPResponse(status: 201) }],
        authenticator: TokenAuthenticator(
          token: "t", owner: .anyone, hash: { FakeDigest().digest($0) }),
        context: ServiceContext(here), audit: trail)
      for _ in 0..<50 {
        _ = await router.respond(to: HTTPRequest(method: "POST", path: "/v1/things"))
      }
      try await world.wait(for: "all entries", within: .seconds(300)) {
        scene.store.records(IAMTables.audits).filter { $0.action == "POST /v1/things" }.count == 50
      }
      try await here.time.sleep(for: .seconds(30))
      #expect(
        scene.store.records(IAMTables.audits).filter { $0.action == "POST /v1/things" }.count == 50)
      sending.cancel()
    }
  }

  @Test func `a change of which nobody knows whether it took effect has one entry`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      try await world.here.time.sleep(for: .seconds(10))
      let before = scene.store.records(IAMTables.audits).count
      var statuses: SortedSet<Int> = []
      for number in 0..<60 {
        var faults = RecordStoreFaults.calm
        faults.unknownApplied = .percent(10)
        faults.unknownNotApplied = .percent(10)
        faults.unknownLater = .percent(10)
        scene.store.faults = faults
        let answer = try await scene.post(
          "/v1/namespaces", ["name": .string("space-\(number)")], token: admin)
        statuses.insert(answer.status)
        scene.store.faults = .calm
        try await world.here.time.sleep(for: .seconds(10))
      }
      #expect(statuses.contains(201) && statuses.contains(503))
      let entries = scene.store.records(IAMTables.audits).map(\.request).dropFirst(before)
      #expect(entries.count == 60)
      #expect(SortedSet(entries).count == 60)
    }
  }

  @Test func `a flood of strangers fills a counter and not the store`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let before = scene.store.records(IAMTables.audits).count
      for _ in 0..<500 { _ = try await scene.send("GET", "/v1/users", token: "bad") }
      #expect(scene.store.records(IAMTables.audits).count - before <= 60)
    }
  }
}
