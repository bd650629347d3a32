import Contracts
import Domain
import IAMCore
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Testing
import Wire

@testable import IAMService

struct CredentialTests {
  private typealias Case = (name: String, token: String, isGood: Bool)

  /// Signed as they should be, each with one claim that is wrong; the last two are good.
  private static func claimed(_ scene: Scene) throws -> [Case] {
    let good = try #require(scene.claims(of: "ann"))
    let now = scene.world.now
    func token(_ change: (inout AccessClaims) -> Void) throws -> String {
      var claims = good
      change(&claims)
      return try #require(scene.signed(claims))
    }
    return [
      (
        "expired",
        try token {
          $0.issuedAt = now - .seconds(700)
          $0.expiresAt = now - .seconds(100)
        }, false
      ),
      ("not yet good", try token { $0.notBefore = now + .seconds(120) }, false),
      (
        "from the future",
        try token {
          $0.issuedAt = now + .seconds(120)
          $0.expiresAt = now + .seconds(700)
        }, false
      ),
      ("lives too long", try token { $0.expiresAt = now + .seconds(7_200) }, false),
      ("wrong audience", try token { $0.audience = "other" }, false),
      ("wrong issuer", try token { $0.issuer = "other" }, false),
      ("issuer in capitals", try token { $0.issuer = "Millrace" }, false),
      ("an older epoch", try token { $0.epoch = 0 }, false),
      ("no subject", try token { $0.subject = "" }, false),
      ("good within skew", try token { $0.notBefore = now + .seconds(59) }, true),
      ("good", try token { _ in }, true),
    ]
  }

  /// Made of a good token, or of nothing.
  private static func forged(_ scene: Scene) throws -> [Case] {
    let good = try #require(scene.claims(of: "ann"))
    let parts = try #require(scene.signed(good)).split(separator: ".").map(String.init)
    let header = String(decoding: try #require(Base64.url.bytes(parts[0])), as: UTF8.self)
    func algorithm(_ name: String) -> String {
      Base64.url.text([UInt8](header.replacing("EdDSA", with: name).utf8)) + "." + parts[1]
    }
    let otherKey = try #require(scene.signed(good, seed: [UInt8](repeating: 1, count: 32)))
    let unknown = SecretToken(.personal, secret: [UInt8](repeating: 3, count: 32))?.text ?? ""
    return [
      ("garbage", "garbage"), ("three dots", "a.b.c"), ("wrong key", otherKey),
      ("another kind", try #require(scene.signed(good, type: "JWT"))),
      ("a task's token", try #require(scene.signed(good, type: "task+jwt"))),
      ("no algorithm", algorithm("none") + "." + parts[2]),
      ("no algorithm and no signature", algorithm("none") + "."),
      ("a shared key's algorithm", algorithm("HS256") + "." + parts[2]),
      ("another algorithm", algorithm("ES256") + "." + parts[2]),
      ("stripped signature", parts[0] + "." + parts[1] + "."),
      ("two parts", parts[0] + "." + parts[1]),
      ("other payload", parts[0] + "." + Base64.url.text([UInt8]("{}".utf8)) + "." + parts[2]),
      ("unknown opaque", unknown), ("mistyped opaque", "mr_pat_0000"),
      ("too long", String(repeating: "a", count: 9_000)),
    ].map { ($0.0, $0.1, false) }
  }

  @Test func `every token that is not good is refused in the same words, on HTTP and RPC`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      try await scene.ready()
      _ = try await scene.register("ann")
      // Epoch 1 is then an older one, and voids have been told.
      let admin = try await scene.admin()
      _ = try await scene.send("POST", "/v1/users/ann/logout", token: admin)
      try await world.here.time.sleep(for: .seconds(4))
      var words: Set<String> = []
      let cases = try CredentialTests.forged(scene) + CredentialTests.claimed(scene)
      for (name, token, isGood) in cases {
        let answer = try await scene.send("GET", "/v1/auth/whoami", token: token)
        #expect(answer.status == (isGood ? 200 : 401), "\(name)")
        if !isGood, token.utf8.count < 8_192 { words.insert(answer.body.without("requestId").json) }
        let remote = try? await scene.network.call(
          IdentityMethods.service, IdentityMethods.validateToken,
          ValidateTokenRequest(token: token).encoded(), within: .seconds(2))
        // Its sign-in is made up, which only the service itself can know.
        #expect(remote == nil, "\(name)")
      }
      #expect(words.count == 1)
      #expect(try await scene.send("GET", "/v1/auth/whoami").status == 401)
    }
  }

  @Test func `a good token is told who it belongs to by RPC`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let ann = try await scene.user("ann", .runner, in: "default", by: admin)
      let bytes = try await scene.network.call(
        IdentityMethods.service, IdentityMethods.validateToken,
        ValidateTokenRequest(token: ann["accessToken"]).encoded(), within: .seconds(2))
      let answer = try ValidateTokenResponse(decoding: bytes)
      #expect(answer.name == "ann")
      #expect(answer.grants.map(\.place) == ["default"])
      #expect(answer.grants.map(\.role) == ["runner"])
      #expect(answer.grants[0].permissions.contains("run:start"))
    }
  }

  /// P11, T-REVOKE: HTTP, RPC, and streams that are open.
  @Test func `a user who is disabled is out within thirty seconds everywhere`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let ann = try await scene.user("ann", .viewer, in: "default", by: admin)["accessToken"]
      let stream = try await scene.network.send(
        HTTPCall(
          method: "GET", url: "http://\(Scene.address)/v1/stream",
          fields: [HTTPField("Authorization", "Bearer " + ann)]))
      #expect(stream.status == 200)
      for _ in 0..<10 { _ = try await stream.body.next() }
      _ = try await scene.send("POST", "/v1/users/ann/disable", token: admin)
      let began = world.elapsed
      let remote = try? await scene.network.call(
        IdentityMethods.service, IdentityMethods.validateToken,
        ValidateTokenRequest(token: ann).encoded(), within: .seconds(2))
      #expect(remote == nil, "the service itself knows at once")
      try await world.wait(for: "the end", within: .seconds(15)) {
        try await scene.send("GET", "/v1/auth/whoami", token: ann).status == 401
      }
      while let piece = try? await stream.body.next() { #expect(!piece.isEmpty) }
      #expect(world.elapsed - began <= .seconds(30))
    }
  }

  /// Closed on failure: nobody gets in by being unknown.
  @Test func `when identity and access is away nobody gets in, after a moment`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      let pat = try await scene.post("/v1/auth/tokens", [:], token: admin)["token"]
      let here = world.here
      let context = ServiceContext(
        process: ProcessID(at: here.time.now(), random: here.randomness.next), time: here.time,
        randomness: here.randomness, spawner: here.spawner, telemetry: here.telemetry)
      let far = IdentityAuthenticator(
        network: scene.network, signer: FakeSigner(), digest: FakeDigest(), context: context)
      func status(_ token: String) async -> Int {
        do throws(Problem) {
          _ = try await far.principal(authorization: ["Bearer " + token])
          return 200
        } catch {
          return error.status
        }
      }
      #expect(await status(admin) == 503, "it knows nothing yet")
      let keeping = here.spawner.spawn("keeping up") { await far.run() }
      try await world.wait(for: "the first answer", within: .seconds(5)) {
        await status(admin) == 200
      }
      #expect(await status(pat) == 200)
      scene.iam.kill()
      #expect(await status(admin) == 200)
      #expect(await status(pat) == 200)
      try await here.time.sleep(for: .seconds(16))
      #expect(await status(admin) == 503)
      #expect(await status(pat) == 503)
      #expect(await status("a.b.c") == 503)
      keeping.cancel()
    }
  }

  /// Goal: nobody who has just signed in is told that the token is not good.
  /// Method: an authenticator that knows one key is shown a token by the next one.
  @Test func `a token by a key that is younger than what is known is good at once`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try Scene(world)
      _ = try await scene.admin()
      let claims = try #require(scene.claims(of: "root"))
      let keys = (1...2).compactMap {
        scene.signer.key(.edDSA, seed: [UInt8](repeating: $0, count: 32))
      }
      let identity = ChangingTrust()
      identity.add("key_1", keys[0])
      let network = FakeNetwork(world)
      let here = world.here
      let serving = here.spawner.spawn("identity") {
        try? await network.serve(rpc: IdentityMethods.service, identity)
      }
      let context = ServiceContext(
        process: ProcessID(at: here.time.now(), random: here.randomness.next), time: here.time,
        randomness: here.randomness, spawner: here.spawner, telemetry: here.telemetry)
      let far = IdentityAuthenticator(
        network: network, signer: scene.signer, digest: FakeDigest(), context: context)
      func status(_ key: Int) async -> Int {
        let token = CompactJWS.text(
          claims.payload, type: AccessClaims.type, keyID: "key_\(key + 1)", key: keys[key],
          signer: scene.signer)
        do throws(Problem) {
          _ = try await far.principal(authorization: ["Bearer " + token])
          return 200
        } catch {
          return error.status
        }
      }
      let keeping = here.spawner.spawn("keeping up") { await far.run() }
      try await world.wait(for: "the first key", within: .seconds(5)) { await status(0) == 200 }
      keeping.cancel()
      #expect(await status(1) == 401, "there is no such key")
      let asked = identity.asked
      #expect(await status(1) == 401)
      #expect(identity.asked == asked, "strangers make it ask no more often than at a start")
      identity.add("key_2", keys[1])
      try await here.time.sleep(for: .milliseconds(250))
      #expect(await status(1) == 200)
      serving.cancel()
    }
  }

  /// M1.
  @Test func `after a rotation the old key's tokens are good until they expire`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try Scene(world)
      let admin = try await scene.admin()
      #expect(try await scene.send("POST", "/v1/keys/rotate", token: admin).status == 204)
      let two = try await scene.send("GET", "/.well-known/jwks.json")
      #expect(two.body.json.contains("\"kty\":\"OKP\""))
      try await world.wait(for: "the next key", within: .seconds(700), every: .seconds(5)) {
        scene.store.records(IAMTables.rings).first?.keys.contains { $0.phase == .retired } == true
      }
      // Renewed a moment before the turn, by the key that is old now.
      let claims = try #require(scene.claims(of: "root"))
      let ring = try #require(scene.store.records(IAMTables.rings).first)
      let old = try #require(ring.keys.first { $0.phase == .retired })
      let id = try #require(KeyID(text: old.id))
      let key = try #require(scene.signer.key(.edDSA, seed: scene.vault.seed(ofKey: id)))
      let token = CompactJWS.text(
        claims.payload, type: AccessClaims.type, keyID: id.text, key: key, signer: scene.signer)
      #expect(try await scene.send("GET", "/v1/auth/whoami", token: token).status == 200)
      let new = try await scene.logIn("root")["accessToken"]
      #expect(try await scene.send("GET", "/v1/auth/whoami", token: new).status == 200)
      try await world.here.time.sleep(for: .seconds(670))
      #expect(try await scene.send("GET", "/v1/auth/whoami", token: token).status == 401)
    }
  }
}

/// Identity and access whose keys are what a test says.
private final class ChangingTrust: RPCHandler {
  private let state = Mutex<(keys: [GetTrustResponse.Key], asked: Int)>(([], 0))

  var asked: Int { state.withLock { $0.asked } }

  func add(_ id: String, _ key: SigningKey) {
    state.withLock {
      $0.keys.append(
        GetTrustResponse.Key(
          id: id, algorithm: key.verifyingKey.algorithm.rawValue,
          publicKey: key.verifyingKey.bytes))
    }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    state.withLock { state in
      state.asked += 1
      return GetTrustResponse(keys: state.keys, isComplete: true).encoded()
    }
  }
}
