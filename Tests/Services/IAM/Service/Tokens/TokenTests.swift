import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Testing

@testable import IAMService

struct TokenTests {
  @Test func `a repeated request makes one token and shows it again`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let ann = try await scene.user("ann", .viewer, in: "default", by: admin)["accessToken"]
      let body: SortedMap<String, Value> = ["label": .string("ci")]
      let answers = await withTaskGroup(of: Scene.Answer?.self) { group in
        for _ in 0..<10 {
          group.addTask { try? await scene.post("/v1/auth/tokens", body, token: ann, key: "k") }
        }
        return await group.reduce(into: [Scene.Answer]()) { list, answer in
          if let answer { list.append(answer) }
        }
      }
      #expect(answers.allSatisfy { $0.status == 201 && $0["token"] == answers[0]["token"] })
      #expect(scene.store.records(IAMTables.tokens).count == 1)
      let other = try await scene.post("/v1/auth/tokens", [:], token: ann, key: "k")
      #expect(other.status == 409)
      let mine = try await scene.send("GET", "/v1/auth/tokens", token: ann)
      #expect(mine.items.count == 1)
      #expect(!mine.body.json.contains(answers[0]["token"]))
    }
  }

  /// T-TOK.
  @Test func `a token loses what its owner loses, and is refused when withdrawn or expired`() throws
  {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let ann = try await scene.user("ann", .admin, in: "default", by: admin)["accessToken"]
      func make(_ members: SortedMap<String, Value>) async throws -> Scene.Answer {
        try await scene.post("/v1/auth/tokens", members, token: ann)
      }
      let grants = "/v1/namespaces/default/grants"
      let token = try await make([:])
      let scoped = try await make(["scopes": .array([.string("namespace:read")])])
      let short = try await make(["expiresIn": .string("60s")])
      func status(_ token: Scene.Answer) async throws -> Int {
        try await scene.send("GET", grants, token: token["token"]).status
      }
      #expect(try await status(token) == 200)
      #expect(try await status(scoped) == 403)
      #expect(try await status(short) == 200)
      #expect(scene.store.records(IAMTables.tokens).contains { $0.lastUsedAtUs > 0 })
      try await world.here.time.sleep(for: .seconds(61))
      #expect(try await status(short) == 401)
      _ = try await scene.send(
        "PUT", grants + "/ann", .object(["role": .string("viewer")]), token: admin)
      try await world.wait(for: "the loss", within: .seconds(15)) {
        try await status(token) == 403
      }
      let again = try await scene.logIn("ann")["accessToken"]
      let path = token.fields["location"] ?? ""
      #expect(try await scene.send("DELETE", path, token: again).status == 204)
      try await world.wait(for: "the end", within: .seconds(15)) {
        try await status(token) == 401
      }
    }
  }

  @Test func `nobody makes a token out of a token, or of more than they hold`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let ann = try await scene.user("ann", .viewer, in: "default", by: admin)["accessToken"]
      let token = try await scene.post("/v1/auth/tokens", [:], token: ann)["token"]
      #expect(try await scene.post("/v1/auth/tokens", [:], token: token).status == 403)
      let more = try await scene.post(
        "/v1/auth/tokens", ["scopes": .array([.string("user:edit")])], token: ann)
      #expect(more.status == 403)
      for body: SortedMap<String, Value> in [
        ["scopes": .array([.string("everything")])], ["expiresIn": .string("10y")],
        ["expiresIn": .string("59s")], ["namespace": .string("No Name")],
        ["owner": .string("root")],
      ] {
        #expect(try await scene.post("/v1/auth/tokens", body, token: ann).status == 400)
      }
    }
  }

  @Test func `a service account works in its namespace by its tokens, and stops when disabled`()
    throws
  {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      try await scene.makeNamespace("pay", by: admin)
      let root = "/v1/namespaces/pay/service-accounts"
      #expect(try await scene.post(root, ["name": .string("ci")], token: admin).status == 201)
      let made = try await scene.post(root + "/ci/tokens", [:], token: admin)
      let token = made["token"]
      #expect(token.hasPrefix("mr_sat_"))
      let place = "/v1/namespaces/pay"
      #expect(try await scene.send("GET", place, token: token).status == 404)
      let role: Value = .object(["role": .string("runner")])
      #expect(
        try await scene.send("PUT", place + "/grants/ci@pay", role, token: admin).status == 200)
      let elsewhere = "/v1/namespaces/default/grants/ci@pay"
      #expect(try await scene.send("PUT", elsewhere, role, token: admin).status == 422)
      try await world.wait(for: "the role", within: .seconds(15)) {
        try await scene.send("GET", place, token: token).status == 200
      }
      let me = try await scene.send("GET", "/v1/auth/whoami", token: token)
      #expect(me["kind"] == "service-account")
      #expect(me["name"] == "ci@pay")
      _ = try await scene.send("POST", root + "/ci/disable", token: admin)
      try await world.wait(for: "the end", within: .seconds(15)) {
        try await scene.send("GET", place, token: token).status == 401
      }
    }
  }

  @Test func `a token of somebody else does not exist, whoever asks for it`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let ann = try await scene.user("ann", nil, by: admin)["accessToken"]
      let bob = try await scene.user("bob", nil, by: admin)["accessToken"]
      let made = try await scene.post("/v1/auth/tokens", [:], token: ann)
      let path = made.fields["location"] ?? ""
      let foreign = try await scene.send("DELETE", path, token: bob)
      #expect(foreign.status == 404)
      #expect(try await scene.send("GET", "/v1/auth/tokens", token: bob).items.isEmpty)
      #expect(try await scene.send("GET", "/v1/auth/whoami", token: made["token"]).status == 200)
    }
  }
}
