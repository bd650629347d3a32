import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Testing

@testable import IAMService

struct GatewayTests {
  private static let route = "/v1/auth/whoami"

  @Test func `what the gateway let through is answered, and from where it came is known`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let gateway = GatewayScene(scene: scene)
      let admin = try await scene.admin()
      let identity = try #require(
        try await gateway.identity("GET", Self.route + "?a=b", token: admin))
      let answer = try await gateway.send(
        "GET", Self.route,
        [GatewayScene.proof, GatewayScene.bearer(admin), GatewayScene.identity(identity)])
      #expect(answer.status == 200)
      #expect(answer["name"] == "root")

      let login = try await gateway.send(
        "POST", "/v1/auth/login",
        [GatewayScene.proof, HTTPField("x-envoy-external-address", "198.51.100.7")],
        body: .object(["name": .string("root"), "password": .string(Scene.password)]))
      #expect(login.status == 200)
      let sources = scene.store.records(IAMTables.signIns).map(\.source)
      #expect(sources.contains("198.51.100.7"), "\(sources)")
    }
  }

  /// Each is good but for one thing.
  @Test func `whatever is not what the gateway let through is refused`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      let gateway = GatewayScene(scene: scene)
      let admin = try await scene.admin()
      let other = try await scene.user("ann", .viewer, by: admin)["accessToken"]
      let again = try await scene.logIn("root")["accessToken"]
      func identity(
        _ method: String = "GET", _ path: String = Self.route, of token: String? = nil,
        for service: String = "iam"
      ) async throws -> HTTPField {
        let text = try await gateway.identity(
          method, path, token: token ?? admin, service: service)
        return GatewayScene.identity(try #require(text))
      }
      let (proof, bearer) = (GatewayScene.proof, GatewayScene.bearer(admin))
      let good = try await identity()
      let claims = try #require(scene.claims(of: "root"))
      let cases: [(String, [HTTPField], Int)] = [
        ("good", [proof, bearer, good], 200),
        ("past the gateway", [bearer], 403),
        ("with an identity past the gateway", [bearer, good], 403),
        ("another proof", [HTTPField(GatewayGate.field, "mr_gw_1"), bearer, good], 403),
        ("two proofs", [proof, proof, bearer, good], 403),
        ("no identity", [proof, bearer], 403),
        ("two identities", [proof, bearer, good, good], 403),
        ("another method", [proof, bearer, try await identity("HEAD")], 403),
        ("another path", [proof, bearer, try await identity("GET", "/v1/roles")], 403),
        (
          "the same path twice", [proof, bearer, try await identity("GET", "/v1//auth/whoami")], 403
        ),
        ("another service", [proof, bearer, try await identity(for: "workflow")], 403),
        ("of another user", [proof, bearer, try await identity(of: other)], 403),
        ("of another token of the user", [proof, bearer, try await identity(of: again)], 403),
        ("no token", [proof, good], 401),
        ("an access token", [proof, bearer, GatewayScene.identity(admin)], 403),
        (
          "an access token that says it is an identity",
          [
            proof, bearer,
            GatewayScene.identity(
              try #require(scene.signed(claims, type: GatewayIdentity.type))),
          ], 403
        ),
        ("nothing that was signed", [proof, bearer, GatewayScene.identity("a.b.c")], 403),
        ("an empty one", [proof, bearer, GatewayScene.identity("")], 403),
        ("an identity for a token", [proof, GatewayScene.bearer(good.value), good], 401),
      ]
      for (name, fields, status) in cases {
        let answer = try await gateway.send("GET", Self.route, fields)
        #expect(answer.status == status, "\(name): \(answer.status) \(answer["code"])")
      }
      try await world.here.time.sleep(for: .seconds(91))
      let late = try await gateway.send("GET", Self.route, [proof, bearer, good])
      #expect(late.status == 403, "an old one")
    }
  }

  @Test func `public routes come by the gateway too, and those of operators do not`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let gateway = GatewayScene(scene: scene)
      try await scene.ready()
      let keys = "/.well-known/jwks.json"
      #expect(try await gateway.send("GET", keys, []).status == 403)
      #expect(try await gateway.send("GET", keys, [GatewayScene.proof]).status == 200)
      #expect(try await gateway.send("GET", "/livez", []).status == 200)
      #expect(try await gateway.send("GET", "/livez", [GatewayScene.proof]).status == 200)
    }
  }

  @Test func `who is not known does not pass, and that is written down`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world)
      let gateway = GatewayScene(scene: scene)
      let admin = try await scene.admin()
      let bearer = "Bearer " + admin
      let cases: [(String, [String], String?, Int32, Int32)] = [
        ("nothing", [], "iam", 16, 401), ("garbage", ["Bearer nothing"], "iam", 16, 401),
        ("twice", [bearer, bearer], "iam", 16, 401), ("no bearer", [admin], "iam", 16, 401),
        ("a service that nobody named", [bearer], nil, 14, 500),
      ]
      for (name, authorization, service, code, status) in cases {
        let answer = try await gateway.check(
          "GET", Self.route, authorization: authorization, service: service)
        guard case .denied(let denied)? = answer.httpResponse else {
          Issue.record("\(name) passed")
          continue
        }
        #expect(answer.status?.code == code, "\(name)")
        #expect(denied.status?.code == status, "\(name)")
        #expect(denied.body.contains("\"requestId\""), "\(name): \(denied.body)")
        #expect(!denied.headers.contains { $0.header?.key == GatewayIdentity.field })
      }
      let noted = scene.store.records(IAMTables.audits).filter { $0.source == "203.0.113.9" }
      #expect(noted.count == 4)
      #expect(noted.allSatisfy { $0.object == Self.route && $0.status == 401 })
    }
  }

  @Test func `nobody passes while it cannot be said who is trusted`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try Scene(world)
      let gateway = GatewayScene(scene: scene)
      let admin = try await scene.admin()
      scene.store.faults.isDown = true
      try await world.here.time.sleep(for: .seconds(30))
      let answer = try await gateway.check(
        "GET", Self.route, authorization: ["Bearer " + admin])
      guard case .denied(let denied)? = answer.httpResponse else {
        Issue.record("it passed")
        return
      }
      #expect(denied.status?.code == 503)
    }
  }
}
