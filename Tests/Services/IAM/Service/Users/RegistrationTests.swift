import Contracts
import Domain
import IAMCore
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import IAMService

struct RegistrationTests {
  @Test func `the first administrator is made once, by its token, however many try at once`() throws
  {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world) { $0.registration = .closed }
      try await scene.ready()
      let wrong = try await scene.register("eve", ["firstAdminToken": .string("mr_adm_guess")])
      #expect(wrong.status == 401)
      #expect(try await scene.register("eve").status == 403)
      scene.store.faults = .slow
      let statuses = await withTaskGroup(of: Int.self) { group in
        for name in ["a", "b", "c", "d"] {
          group.addTask {
            let token = Scene.firstAdminToken ?? ""
            return (try? await scene.register(name, ["firstAdminToken": .string(token)]))?.status
              ?? 0
          }
        }
        return await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.sorted() == [201, 401, 401, 401])
      #expect(scene.store.records(IAMTables.users).filter { !$0.roles.isEmpty }.count == 1)
    }
  }

  @Test func `an invitation is good for one user and brings its roles`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world) { $0.registration = .invite }
      let admin = try await scene.admin()
      #expect(try await scene.register("eve").status == 403)
      let made = try await scene.post(
        "/v1/invitations", ["roles": .object(["default": .string("author")])], token: admin)
      #expect(made.status == 201)
      let token: Value = .string(made["token"])
      #expect(try await scene.register("ann", ["invitation": token]).status == 201)
      #expect(try await scene.register("eve", ["invitation": token]).status == 401)
      let ann = try await scene.logIn("ann")["accessToken"]
      let known = try await scene.send("GET", "/v1/namespaces", token: ann)
      #expect(known.items.count == 1)
      let withdrawn = try await scene.post("/v1/invitations", [:], token: admin)
      let path = withdrawn.fields["location"] ?? ""
      #expect(try await scene.send("DELETE", path, token: admin).status == 204)
      let late = try await scene.register("bob", ["invitation": .string(withdrawn["token"])])
      #expect(late.status == 401)
    }
  }

  @Test func `weak passwords and taken names are told apart from each other`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      try await scene.ready()
      #expect(try await scene.register("ann").status == 201)
      #expect(try await scene.register("ann").status == 409)
      let weak = try await scene.post(
        "/v1/auth/register", ["name": .string("bob"), "password": .string("short")])
      #expect(weak.status == 400)
      for (name, value) in [
        ("name", Value.string("Ann")), ("admin", .boolean(true)), ("roles", .object([:])),
      ] {
        #expect(
          try await scene.register("bob", [name: value]).status == (name == "name" ? 201 : 400))
      }
    }
  }

  @Test func `registering from one address has an end`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world) {
        $0.registrationsPerSource = IAMConfiguration().registrationsPerSource
      }
      try await scene.ready()
      var statuses: [Int] = []
      for name in ["a", "b", "c", "d", "e", "f", "g"] {
        statuses.append(try await scene.register(name).status)
      }
      #expect(statuses == [201, 201, 201, 201, 201, 429, 429])
    }
  }

  /// Goal: nothing in the store lets anybody in.
  /// Method: collect every secret that was ever shown or sent, then look for them in every row.
  @Test func `the store holds nothing that opens anything`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      var secrets = [Scene.password, Scene.firstAdminToken ?? "", admin]
      let user = try await scene.user("ann", .author, in: "default", by: admin)
      secrets += [user["accessToken"], user["refreshToken"]]
      let token = try await scene.post(
        "/v1/auth/tokens", ["label": .string("x")], token: user["accessToken"], key: "k1")
      let invitation = try await scene.post("/v1/invitations", [:], token: admin, key: "k2")
      secrets += [token["token"], invitation["token"]]
      #expect(secrets.allSatisfy { $0.utf8.count > 10 })
      for table in IAMTables.declarations {
        for row in scene.store.rows(table.name) {
          let text = String(decoding: row.row.body, as: UTF8.self)
          for secret in secrets {
            #expect(!text.contains(secret), "\(table.name)")
          }
        }
      }
    }
  }
}
