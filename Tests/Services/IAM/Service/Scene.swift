import Contracts
import Domain
import IAMCore
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Wire

@testable import IAMService

/// Identity and access in a process of its own, serving its routes; the test is its client.
struct Scene: Sendable {
  let world: SimulatedWorld
  let store: FakeRecordStore
  let network: FakeNetwork
  let hasher: FakePasswordHasher
  let iam: SimulatedProcess
  let vault: Vault
  let signer = FakeSigner()
  private let served = Served()

  static let secrets = IAMSecrets(
    master: [UInt8](repeating: 42, count: 32), firstAdminToken: firstAdminToken)
  static let firstAdminToken = SecretToken(
    .firstAdmin, secret: [UInt8](repeating: 5, count: 32))?.text
  static let password = "seven rivers run east"
  static let address = "iam:7700"
  /// Where the same routes are taken through a gateway only.
  static let inner = "iam:7701"
  static let gatewayToken = "mr_gw_0123456789"

  struct Answer: Sendable {
    var status: Int
    var body: Value
    var fields: HTTPFields

    subscript(name: String) -> String {
      guard case .object(let members) = body, let value = members[name] else { return "" }
      return value.text
    }

    var items: [Value] {
      guard case .object(let members) = body, case .array(let items)? = members["items"] else {
        return []
      }
      return items
    }
  }

  init(
    _ world: SimulatedWorld, store faults: RecordStoreFaults = .calm, atOnceMax: Int = 4,
    waitingMax: Int = 32, configure: @escaping @Sendable (inout IAMConfiguration) -> Void = { _ in }
  ) throws {
    self.world = world
    store = try FakeRecordStore(world, tables: IAMTables.declarations, faults: faults)
    network = FakeNetwork(world)
    hasher = FakePasswordHasher(world, atOnceMax: atOnceMax, waitingMax: waitingMax)
    iam = world.process("iam")
    vault = Vault(Scene.secrets, digest: FakeDigest())
    let (store, network, hasher, served) = (store, network, hasher, served)
    iam.start { environment in
      var configuration = IAMConfiguration()
      configuration.registration = .open
      configuration.registrationsPerSource.failuresFree = 1_000
      configuration.loginsPerSource.failuresFree = 1_000
      configure(&configuration)
      let context = ServiceContext(
        process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
        time: environment.time, randomness: environment.randomness,
        spawner: environment.spawner, telemetry: environment.telemetry, probe: environment.probe)
      let ports = IAMPorts(
        store: store, network: network,
        crypto: IAMCrypto(
          digest: FakeDigest(), signer: FakeSigner(), hasher: hasher, sealer: FakeSealer()),
        context: context, seal: CursorSeal(key: "k", digest: FakeDigest()),
        secrets: Scene.secrets, configuration: configuration)
      let server = IAMServer(ports)
      served.routes = server.routes
      served.ports = ports
      let authenticator = IdentityAuthenticator(
        network: network, signer: FakeSigner(), digest: FakeDigest(), context: context)
      let router = Router(
        server.routes + [Scene.stream(context)], authenticator: authenticator, context: context,
        audit: server.audit)
      let inner = Router(
        router.routes + HealthRoutes.all, authenticator: authenticator, context: context,
        audit: server.audit,
        gate: GatewayGate(
          services: ["iam"], token: Scene.gatewayToken, digest: FakeDigest(),
          authenticator: authenticator, context: context))
      await withDiscardingTaskGroup { group in
        group.addTask { await server.runGateway(authenticator) }
        group.addTask { try? await network.serve(Scene.inner, inner) { _ in } }
        group.addTask { await server.run() }
        group.addTask { await authenticator.run() }
        group.addTask { try? await network.serve(Scene.address, router) { _ in } }
      }
    }
  }

  var routes: [Route] { served.routes }
  var ports: IAMPorts? { served.ports }

  /// An answer that goes on for an hour: what logs and runs are followed by.
  private static func stream(_ context: ServiceContext) -> Route {
    Route("GET", "/v1/stream", .allowed(.runRead), parameters: ["namespace"]) {
      _ throws(Problem) in
      .events { writer in
        for _ in 0..<1_200 {
          try await writer.heartbeat()
          try await context.time.sleep(for: .seconds(3))
        }
      }
    }
  }

  /// Waits until the service can sign and is trusted.
  func ready() async throws {
    try await world.wait(for: "the service", within: .seconds(60)) {
      let answer = try? await send("GET", "/v1/auth/whoami", token: "x.y.z")
      return answer?.status == 401 && !store.records(IAMTables.rings).isEmpty
    }
  }

  // MARK: Calls

  func send(
    _ method: String, _ path: String, _ body: Value? = nil, token: String? = nil,
    key: String? = nil
  ) async throws(HTTPError) -> Answer {
    var fields: [HTTPField] = []
    if body != nil { fields.append(HTTPField("Content-Type", "application/json")) }
    if let token { fields.append(HTTPField("Authorization", "Bearer " + token)) }
    if let key { fields.append(HTTPField("Idempotency-Key", key)) }
    let answer = try await network.send(
      HTTPCall(
        method: method, url: "http://" + Scene.address + path, fields: HTTPFields(fields),
        body: body.map { Array($0.json.utf8) } ?? []))
    let bytes = try await answer.body.collect()
    return Answer(
      status: answer.status, body: (try? Value(json: bytes)) ?? .null, fields: answer.fields)
  }

  func post(
    _ path: String, _ members: SortedMap<String, Value>, token: String? = nil, key: String? = nil
  ) async throws(HTTPError) -> Answer {
    try await send("POST", path, .object(members), token: token, key: key)
  }

  func logIn(_ name: String, _ password: String = Scene.password) async throws(HTTPError) -> Answer
  {
    try await post(
      "/v1/auth/login", ["name": .string(name), "password": .string(password)])
  }

  func register(
    _ name: String, _ more: SortedMap<String, Value> = [:]
  ) async throws(HTTPError) -> Answer {
    var members = more
    members["name"] = .string(name)
    members["password"] = .string(Scene.password)
    return try await post("/v1/auth/register", members)
  }

  /// The access token of the first administrator.
  func admin() async throws -> String {
    try await ready()
    _ = try await register("root", ["firstAdminToken": .string(Scene.firstAdminToken ?? "")])
    return try await logIn("root")["accessToken"]
  }

  /// A user with a role somewhere, signed in.
  func user(
    _ name: String, _ role: Role?, in namespace: String? = nil, by admin: String
  ) async throws -> Answer {
    _ = try await post(
      "/v1/users", ["name": .string(name), "password": .string(Scene.password)], token: admin)
    if let role {
      let place = namespace.map { "/v1/namespaces/\($0)/grants/" } ?? "/v1/grants/"
      _ = try await send(
        "PUT", place + name, .object(["role": .string(role.rawValue)]), token: admin)
    }
    return try await logIn(name)
  }

  func makeNamespace(_ name: String, by admin: String) async throws {
    _ = try await post("/v1/namespaces", ["name": .string(name)], token: admin)
  }

  // MARK: Tokens that nobody gave out

  /// The claims of a good access token of this user, as they would be now.
  func claims(of name: String) -> AccessClaims? {
    let user = store.records(IAMTables.users).first { $0.name == name }
    return user.map { user in
      AccessClaims(
        issuer: "millrace", audience: "millrace", subject: user.id, signIn: "sin_x",
        tokenID: "tok_x", name: user.name, epoch: user.epoch,
        grants: RoleGrants(texts: user.roles) ?? RoleGrants(), issuedAt: world.now,
        life: .seconds(600))
    }
  }

  /// Signed with the key that signs now, whatever they say.
  func signed(
    _ claims: AccessClaims, type: String = AccessClaims.type, seed: [UInt8]? = nil
  ) -> String? {
    guard
      let ring = store.records(IAMTables.rings).first,
      let id = ring.keys.first(where: { $0.phase == .current }).flatMap({ KeyID(text: $0.id) }),
      let key = signer.key(.edDSA, seed: seed ?? vault.seed(ofKey: id))
    else { return nil }
    return CompactJWS.text(
      claims.payload, type: type, keyID: id.text, key: key, signer: signer)
  }
}

/// What the service told of itself.
private final class Served: Sendable {
  private let state = Mutex((routes: [Route](), ports: IAMPorts?.none))
  var routes: [Route] {
    get { state.withLock { $0.routes } }
    set { state.withLock { $0.routes = newValue } }
  }
  var ports: IAMPorts? {
    get { state.withLock { $0.ports } }
    set { state.withLock { $0.ports = newValue } }
  }
}
