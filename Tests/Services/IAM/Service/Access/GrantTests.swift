import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import IAMService

struct GrantTests {
  private static let admin: Value = .object(["role": .string("admin")])
  private static let viewer: Value = .object(["role": .string("viewer")])

  @Test func `the administrator of a namespace gives roles there and nowhere else`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let root = try await scene.admin()
      for name in ["pay", "pays"] { try await scene.makeNamespace(name, by: root) }
      let ann = try await scene.user("ann", .admin, in: "pay", by: root)["accessToken"]
      _ = try await scene.register("bob")
      func grant(_ place: String, _ subject: String, _ role: Value = GrantTests.viewer) async throws
        -> Int
      {
        try await scene.send("PUT", place + "/grants/" + subject, role, token: ann).status
      }
      #expect(try await grant("/v1/namespaces/pay", "bob") == 200)
      #expect(try await grant("/v1/namespaces/pay", "nobody") == 404)
      #expect(try await grant("/v1/namespaces/pays", "bob") == 404)
      #expect(try await grant("/v1/namespaces/none", "bob") == 404)
      #expect(try await grant("/v1", "ann", GrantTests.admin) == 403)
      let list = try await scene.send("GET", "/v1/namespaces/pay/grants", token: ann)
      #expect(list.items.count == 2)
      let away = try await scene.send("DELETE", "/v1/namespaces/pay/grants/bob", token: ann)
      #expect(away.status == 204)
      #expect(
        scene.store.records(IAMTables.users).first { $0.name == "bob" }?.roles.isEmpty == true)
    }
  }

  @Test func `the last administrator stays, however it is tried`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      let root = try await scene.admin()
      func lower() async throws -> [Int] {
        [
          try await scene.send("DELETE", "/v1/grants/root", token: root).status,
          try await scene.send("PUT", "/v1/grants/root", GrantTests.viewer, token: root).status,
          try await scene.send("POST", "/v1/users/root/disable", token: root).status,
        ]
      }
      #expect(try await lower() == [409, 409, 409])
      let ann = try await scene.user("ann", .admin, by: root)["accessToken"]
      let statuses = await withTaskGroup(of: Int.self) { group in
        scene.store.faults = .slow
        group.addTask {
          (try? await scene.send("DELETE", "/v1/grants/root", token: ann))?.status ?? 0
        }
        group.addTask {
          (try? await scene.send("DELETE", "/v1/grants/ann", token: root))?.status ?? 0
        }
        return await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.contains(204))
      #expect(scene.store.records(IAMTables.installations).first?.administrators.count == 1)
    }
  }

  @Test func `lists of users and grants page without gaps, and bad cursors are refused`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let root = try await scene.admin()
      for number in 0..<7 { _ = try await scene.register("u\(number)") }
      var (seen, next): ([String], String) = ([], "")
      repeat {
        let query = next.isEmpty ? "" : "&cursor=" + next
        let page = try await scene.send("GET", "/v1/users?limit=3" + query, token: root)
        seen += page.items.map { item in
          if case .object(let members) = item { members["name"]?.text ?? "" } else { "" }
        }
        next = page["nextCursor"]
      } while !next.isEmpty
      #expect(seen == ["root"] + (0..<7).map { "u\($0)" })
      for query in ["limit=0", "limit=201", "cursor=x", "nope=1", "limit=1&limit=2"] {
        #expect(try await scene.send("GET", "/v1/users?" + query, token: root).status == 400)
      }
    }
  }
}
