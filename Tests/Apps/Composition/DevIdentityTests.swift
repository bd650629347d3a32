import Domain
import Foundation
import HTTPAdapter
import IAMService
import Ports
import ServiceKit
import Synchronization
import SystemAdapter
import Testing

@testable import Composition

/// Identity and access with the real store, the real cryptography and real sockets.
struct DevIdentityTests {
  private struct Client: Sendable {
    let network: LocalNetwork
    let url: String

    func send(
      _ method: String, _ path: String, _ body: Value? = nil, token: String? = nil
    ) async throws -> (status: Int, body: Value) {
      var fields: [HTTPField] = []
      if body != nil { fields.append(HTTPField("Content-Type", "application/json")) }
      if let token { fields.append(HTTPField("Authorization", "Bearer " + token)) }
      let answer = try await network.send(
        HTTPCall(
          method: method, url: url + path, fields: HTTPFields(fields),
          body: body.map { Array($0.json.utf8) } ?? []))
      return (answer.status, (try? Value(json: try await answer.body.collect())) ?? .null)
    }

    func logIn(_ name: String, _ password: String) async throws -> (status: Int, body: Value) {
      try await send(
        "POST", "/v1/auth/login", .object(["name": .string(name), "password": .string(password)]))
    }
  }

  private static let password = "seven rivers run east"
  private static let local = "mr_dev_local"

  /// Runs a body as a client of identity and access, on the loop that serves it.
  private func withIdentity(
    _ body: @escaping @Sendable (Client) async throws -> Void
  ) async throws {
    let configuration = DevConfiguration()
    let runtime = try Runtime.administration()
    let storage = try await DevStorage.open(
      configuration, time: runtime.time, randomness: runtime.randomness)
    let network = LocalNetwork(
      on: runtime.loop, time: runtime.time, pool: runtime.pool, telemetry: runtime.telemetry)
    let owner = Principal(name: "admin@local", permissions: SortedSet(Permission.allCases))
    let identity = DevIdentity(
      runtime, store: storage.store, network: network,
      master: try DevIdentity.master(configuration, runtime),
      local: TokenAuthenticator(token: DevIdentityTests.local, owner: owner, hash: { $0 }))
    let router = Router(
      identity.server.routes, authenticator: identity.authenticator, context: runtime.context,
      audit: identity.audit)
    let outcome = Outcome()
    let ready = Ready()
    let root = runtime.root {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await identity.run() }
        group.addTask {
          try? await network.serve("127.0.0.1:0", router) { ready.tell(.success($0)) }
        }
        group.addTask {
          guard case .success(let address) = await ready.wait() else { return }
          do {
            try await body(Client(network: network, url: "http://" + address))
          } catch {
            outcome.fail(error)
          }
        }
        // The body is the first to end.
        await group.next()
        group.cancelAll()
      }
    }
    await root.wait()
    await storage.close()
    runtime.loop.stop()
    try outcome.check()
  }

  @Test func `a user registers, signs in, gets a role and a token, and is put out`() async throws {
    try await withIdentity { client in
      let local = DevIdentityTests.local
      let credentials: Value = .object([
        "name": .string("ann"), "password": .string(DevIdentityTests.password),
      ])
      #expect(try await client.send("POST", "/v1/auth/register", credentials).status == 201)
      // The first key may be a moment away.
      var session = try await client.logIn("ann", DevIdentityTests.password)
      let deadline = ContinuousClock.now + .seconds(20)
      while session.status == 503, ContinuousClock.now < deadline {
        session = try await client.logIn("ann", DevIdentityTests.password)
      }
      #expect(session.status == 200)
      #expect(try await client.logIn("ann", "another password").status == 401)
      var access = session.body["accessToken"]?.text ?? ""
      var me = try await client.send("GET", "/v1/auth/whoami", token: access)
      while me.status != 200, ContinuousClock.now < deadline {
        me = try await client.send("GET", "/v1/auth/whoami", token: access)
      }
      #expect(me.body["name"] == .string("ann"))
      let grant = try await client.send(
        "PUT", "/v1/namespaces/default/grants/ann", .object(["role": .string("admin")]),
        token: local)
      #expect(grant.status == 200)
      let refresh: Value = .object(["refreshToken": session.body["refreshToken"] ?? .null])
      let next = try await client.send("POST", "/v1/auth/refresh", refresh)
      #expect(next.status == 200)
      access = next.body["accessToken"]?.text ?? ""
      let grants = "/v1/namespaces/default/grants"
      #expect(try await client.send("GET", grants, token: access).status == 200)
      #expect(try await client.send("GET", "/v1/users", token: access).status == 403)
      let token = try await client.send("POST", "/v1/auth/tokens", .object([:]), token: access)
      let program = token.body["token"]?.text ?? ""
      #expect(try await client.send("GET", grants, token: program).status == 200)
      let out = try await client.send("POST", "/v1/users/ann/disable", token: local)
      #expect(out.status == 200)
      #expect(try await client.logIn("ann", DevIdentityTests.password).status == 401)
      #expect(try await client.send("POST", "/v1/auth/refresh", refresh).status == 401)
      let keys = try await client.send("GET", "/.well-known/jwks.json")
      #expect(keys.body.json.contains("Ed25519"))
      let audit = try await client.send("GET", "/v1/audit?actor=ann", token: local)
      #expect(audit.body.json.contains("POST /v1/auth/tokens"))
    }
  }

  @Test func `a secret is kept, and refused when others can read it or it is cut`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "identity.key").path
    let first = try SecretFile.bytes(at: path, fresh: [UInt8](repeating: 1, count: 32))
    #expect(try SecretFile.bytes(at: path, fresh: [UInt8](repeating: 2, count: 32)) == first)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(throws: StartFailure.self) { try SecretFile.bytes(at: path, fresh: first) }
    try Foundation.Data([1, 2, 3]).write(to: folder.appending(path: "short"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.appending(path: "short").path)
    #expect(throws: StartFailure.self) {
      try SecretFile.bytes(at: folder.appending(path: "short").path, fresh: first)
    }
  }
}

/// What a body threw, from its task to the test.
private final class Outcome: Sendable {
  private let error = Mutex<(any Error)?>(nil)

  func fail(_ error: any Error) { self.error.withLock { $0 = error } }

  func check() throws {
    if let error = error.withLock({ $0 }) { throw error }
  }
}

extension Value {
  fileprivate subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }
}
