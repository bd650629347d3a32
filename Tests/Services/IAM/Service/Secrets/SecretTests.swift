import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import IAMService

struct SecretTests {
  private static let canary = "canary-of-the-secret"
  private static let path = "/v1/namespaces/default/secrets/DEPLOY_KEY"

  private static func body(_ value: String) -> Value { .object(["value": .string(value)]) }

  private static func resolve(
    _ scene: Scene, _ names: [String], _ namespace: String = "default"
  ) async throws -> ResolveSecretsResponse {
    let request = ResolveSecretsRequest(namespace: namespace, names: names)
    return try ResolveSecretsResponse(
      decoding: try await scene.network.call(
        SecretsMethods.service, SecretsMethods.resolve, request.encoded(), within: .seconds(5)))
  }

  @Test func `a secret is set, changed, listed and removed, and nobody reads it`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let made = try await scene.send("PUT", Self.path, Self.body(Self.canary), token: admin)
      #expect(made.status == 201)
      #expect(made["version"] == "1")
      #expect(made.fields["location"] == Self.path)
      let same = try await scene.send("PUT", Self.path, Self.body(Self.canary), token: admin)
      #expect(same.status == 200 && same["version"] == "2")
      #expect(same["fingerprint"] == made["fingerprint"])
      let changed = try await scene.send("PUT", Self.path, Self.body("another one"), token: admin)
      #expect(changed["fingerprint"] != made["fingerprint"])
      let listed = try await scene.send("GET", "/v1/namespaces/default/secrets", token: admin)
      #expect(listed.items.count == 1)
      let got = try await scene.send("GET", Self.path, token: admin)
      for answer in [made, same, changed, listed, got] {
        #expect(!answer.body.json.contains(Self.canary))
      }
      #expect(try await Self.resolve(scene, ["DEPLOY_KEY"]).secrets.map(\.value) == ["another one"])
      #expect(try await scene.send("DELETE", Self.path, token: admin).status == 204)
      #expect(try await scene.send("DELETE", Self.path, token: admin).status == 404)
      #expect(try await Self.resolve(scene, ["DEPLOY_KEY"]).missing == ["DEPLOY_KEY"])
    }
  }

  /// T-CANARY for the store of this service.
  @Test func `the store holds no value, in no row and no audit`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      _ = try await scene.send("PUT", Self.path, Self.body(Self.canary), token: admin)
      _ = try await scene.send("PUT", Self.path, Self.body("short"), token: admin)
      _ = try await scene.send(
        "PUT", Self.path, .object(["value": .string(Self.canary), "x": .null]), token: admin)
      let canary = Array(Self.canary.utf8)
      for table in IAMTables.declarations {
        for row in scene.store.rows(table.name).map(\.row) {
          let isFound = row.body.indices.contains { row.body[$0...].starts(with: canary) }
          #expect(!isFound, "\(table.name) \(row.key)")
        }
      }
      let audits = scene.store.records(IAMTables.audits).filter { $0.action.contains("secrets") }
      #expect(audits.map(\.outcome).sorted() == ["done", "refused", "refused"])
      #expect(audits.first { $0.outcome == "done" }?.fields["secret"] == "DEPLOY_KEY")
    }
  }

  @Test func `rows that were changed, moved or swapped do not open`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let other = "/v1/namespaces/default/secrets/OTHER"
      _ = try await scene.send("PUT", Self.path, Self.body(Self.canary), token: admin)
      _ = try await scene.send("PUT", other, Self.body("some other value"), token: admin)
      let rows = scene.store.records(IAMTables.secrets)
      let chest = try SecretChest(ports: #require(scene.ports))
      let (one, two) = (try #require(rows.first), try #require(rows.last))
      #expect(chest.opened(one)?.text == Self.canary)
      var changes: [(inout SecretRecord) -> Void] = [
        { $0.name = "OTHER" }, { $0.namespace = "payments" }, { $0.version += 1 },
        { ($0.sealed, $0.nonce) = (two.sealed, two.nonce) },
        { ($0.sealedKey, $0.keyNonce) = (two.sealedKey, two.keyNonce) },
        { $0.nonce[0] ^= 1 }, { $0.keyNonce[0] ^= 1 },
      ]
      for place in one.sealed.indices { changes.append { $0.sealed[place] ^= 1 } }
      for place in one.sealedKey.indices { changes.append { $0.sealedKey[place] ^= 1 } }
      for change in changes {
        var row = one
        change(&row)
        #expect(chest.opened(row) == nil)
      }
      // Keys and nonces are never used twice.
      #expect(one.nonce != two.nonce && one.keyNonce != two.keyNonce)
    }
  }

  @Test(arguments: [
    ("short77", "secret-too-short"), (String(repeating: "x", count: 32_769), "secret-too-long"),
  ])
  func `a value that cannot be a secret is refused without being told`(
    value: String, code: String
  ) throws {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let answer = try await scene.send("PUT", Self.path, Self.body(value), token: admin)
      #expect(answer["code"] == code)
      #expect(!answer.body.json.contains(value.prefix(7)))
      #expect(scene.store.records(IAMTables.secrets).isEmpty)
    }
    #expect(throws: SecretValue.Fault.nul) { try SecretValue("with\u{0}nul inside") }
  }

  @Test(arguments: ["lower", "1ST", "A-B", "_A", String(repeating: "A", count: 65)])
  func `names that are none are refused`(name: String) throws {
    try Simulation.run(seed: 5) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let path = "/v1/namespaces/default/secrets/" + name
      let answer = try await scene.send("PUT", path, Self.body(Self.canary), token: admin)
      #expect(answer.status == 400)
      #expect(answer["code"] == "invalid-name")
    }
  }

  @Test func `values of the greatest length and of any characters come through`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      for value in [String(repeating: "\u{1}", count: 32_768), "line\nline\r\nüñîçødé"] {
        let answer = try await scene.send("PUT", Self.path, Self.body(value), token: admin)
        #expect(answer.status < 300)
        #expect(try await Self.resolve(scene, ["DEPLOY_KEY"]).secrets.map(\.value) == [value])
      }
    }
  }
}
