import ArtifactCore
import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Wire

@testable import ArtifactService

/// The artifact service in a world with a record store, an object store, a bus and a scheduler that
/// knows the runs that a test names.
struct Scene: Sendable {
  let world: SimulatedWorld
  let store: FakeRecordStore
  let objects: FakeObjectStore
  let bus: FakeBus
  let network: FakeNetwork
  let service: SimulatedProcess
  private let scheduler = KnownRuns()

  static let address = "artifact:80"
  static let run = RunID(SortableID(high: 1 << 40, low: 1))
  static let foreignRun = RunID(SortableID(high: 1 << 40, low: 2))
  static let foreign = NamespaceName(unchecked: "payments")

  init(
    _ world: SimulatedWorld, records: RecordStoreFaults = .calm,
    objects objectFaults: ObjectStoreFaults = .calm,
    configure: @escaping @Sendable (inout ArtifactConfiguration) -> Void = { _ in }
  ) throws {
    self.world = world
    let store = try FakeRecordStore(
      world, tables: ArtifactTables.declarations, faults: records)
    let objects = FakeObjectStore(world, faults: objectFaults)
    let bus = FakeBus(world)
    let network = FakeNetwork(world)
    (self.store, self.objects, self.bus, self.network) = (store, objects, bus, network)
    let scheduler = scheduler
    scheduler.know(Scene.run, .default)
    scheduler.know(Scene.foreignRun, Scene.foreign)
    world.process("scheduler").start { _ in
      try await network.serve(rpc: SchedulerMethods.service, scheduler)
    }
    service = world.process("artifact")
    service.start { environment in
      var configuration = ArtifactConfiguration()
      configuration.sweepEvery = .seconds(1)
      configure(&configuration)
      let digest = FakeDigest()
      let context = ServiceContext(
        process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
        time: environment.time, randomness: environment.randomness,
        spawner: environment.spawner, telemetry: environment.telemetry,
        probe: environment.probe)
      let server = ArtifactServer(
        ArtifactPorts(
          store: store, objects: objects, bus: bus, network: network, digest: digest,
          sign: { digest.digest(Array("key".utf8) + $0) }, address: { "http://\(Scene.address)" },
          context: context, seal: CursorSeal(key: "cursor", digest: digest),
          configuration: configuration))
      let router = Router(
        server.routes, authenticator: TokensOfScene(), context: context)
      environment.spawner.spawn("serve") {
        try? await network.serve(Scene.address, router) { _ in }
      }
      await server.run()
    }
  }

  /// Lets the scheduler know of another run.
  func know(_ run: RunID, _ namespace: NamespaceName) { scheduler.know(run, namespace) }

  /// Says that a run has ended.
  func end(_ run: RunID = Scene.run, at end: Moment) {
    let message = WorkflowCompleted(
      run: run.text, namespace: "default", outcome: "succeeded", endedAtUs: end.microseconds)
    bus.append([
      BusRecord(topic: "workflow.completed", key: run.text, value: message.encoded())
    ])
  }

  /// The ports of a service, for what works on them alone.
  func ports(
    workers: (@Sendable () -> String)? = nil, _ configure: (inout ArtifactConfiguration) -> Void
  ) -> ArtifactPorts {
    var configuration = ArtifactConfiguration()
    configure(&configuration)
    let digest = FakeDigest()
    let here = world.here
    let context = ServiceContext(
      process: ProcessID(at: here.time.now(), random: here.randomness.next), time: here.time,
      randomness: here.randomness, spawner: here.spawner, telemetry: here.telemetry,
      probe: here.probe)
    return ArtifactPorts(
      store: store, objects: objects, bus: bus, network: network, digest: digest,
      sign: { digest.digest($0) }, address: { "http://\(Scene.address)" },
      workersAddress: workers, context: context, seal: CursorSeal(key: "cursor", digest: digest),
      configuration: configuration)
  }

  // MARK: Calls

  struct Answer: Sendable {
    var status: Int
    var fields: HTTPFields
    var bytes: [UInt8]

    var value: Value { (try? Value(json: String(decoding: bytes, as: UTF8.self))) ?? .null }
    var code: String? { value["code"]?.string }
    var id: String { value["id"]?.string ?? "" }
  }

  /// - Throws: what the network throws, for an answer that was cut, too.
  func call(
    _ method: String, _ target: String, _ body: [UInt8] = [], _ fields: [HTTPField] = [],
    token: String? = "admin"
  ) async throws -> Answer {
    var all = fields
    if let token { all.append(HTTPField("Authorization", "Bearer \(token)")) }
    if !all.contains(where: { $0.isNamed("content-length") }) {
      all.append(HTTPField("Content-Length", "\(body.count)"))
    }
    let url = target.hasPrefix("http") ? target : "http://\(Scene.address)\(target)"
    let answer = try await network.send(
      HTTPCall(method: method, url: url, fields: HTTPFields(all), body: body))
    return Answer(
      status: answer.status, fields: answer.fields, bytes: try await answer.body.collect())
  }

  func post(_ target: String, _ body: Value, token: String = "admin") async throws -> Answer {
    try await call(
      "POST", target, Array(body.json.utf8), [HTTPField("Content-Type", "application/json")],
      token: token)
  }

  func put(
    _ name: String, _ content: [UInt8], _ fields: [HTTPField] = [], run: RunID = Scene.run,
    token: String = "admin"
  ) async throws -> Answer {
    try await call("PUT", "/v1/runs/\(run)/artifacts/\(name)", content, fields, token: token)
  }

  func remote<Message: WireMessage>(
    _ method: String, _ request: some WireMessage
  ) async throws -> Message {
    // The service needs a moment to be there.
    try await world.here.time.sleep(for: .milliseconds(5))
    return try Message(
      decoding: await network.call(
        ArtifactsMethods.service, method, request.encoded(), within: .seconds(60)))
  }

  // MARK: What is there

  var rows: [ArtifactRecord] { store.records(ArtifactTables.artifacts) }
  var usage: [ArtifactUsageRecord] { store.records(ArtifactTables.usages) }
  var runs: [ArtifactRunRecord] { store.records(ArtifactTables.runs) }

  /// Everything that must hold at any time, whatever has happened.
  func faults() -> [String] {
    var faults: [String] = []
    let rows = rows
    for row in rows where row.phase == .ready {
      let bytes = row.object.flatMap { objects.content(of: $0.key) }
      if bytes.map({ Scene.hexadecimal($0) }) != row.digest || bytes?.count != Int(row.size) {
        faults.append("\(row.name) is ready and its bytes are not there")
      }
    }
    for usage in usage {
      let paid = rows.filter { $0.namespace == usage.namespace && $0.phase != .removing }
      if usage.bytes != paid.reduce(0, { $0 + $1.size }) || usage.artifacts != Int64(paid.count) {
        faults.append("\(usage) where \(paid.count) artifacts are")
      }
    }
    let places = store.records(ArtifactTables.places).map(\.artifact).sorted()
    let placed = rows.filter { $0.phase != .removing && !$0.run.isEmpty }.map(\.artifact).sorted()
    if places != placed { faults.append("places \(places) of artifacts \(placed)") }
    return faults
  }

  func wait(for what: String, within: Duration, _ condition: () -> Bool) async throws {
    try await world.wait(for: what, within: within, every: .seconds(1)) { condition() }
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String { FakeDigest().hexadecimal(of: bytes) }

  static func digestField(_ bytes: [UInt8], _ name: String = "Repr-Digest") -> HTTPField {
    HTTPField(
      name, ContentDigest(bytes: FakeDigest().digest(bytes)).map(DigestField.text) ?? "")
  }
}

/// A scheduler that knows runs and where they belong.
final class KnownRuns: RPCHandler {
  private let runs = Mutex<SortedMap<String, RunView>>([:])

  func know(_ run: RunID, _ namespace: NamespaceName) {
    runs.withLock { $0[run.text] = RunView(run: run.text, namespace: namespace.text) }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard let message = try? GetRunRequest(decoding: request),
      let view = runs.withLock({ $0[message.run] })
    else { throw RPCError(.notFound, "no such run") }
    return GetRunResponse(run: view).encoded()
  }
}

/// Tokens of the scene: `admin` may everything, `reader` and `writer` what they say in the default
/// namespace, `stranger` everything in another one.
struct TokensOfScene: Authenticator {
  func principal(authorization: [String]) async throws(Problem) -> Principal {
    switch authorization {
    case ["Bearer admin"]:
      Principal(name: "admin", permissions: SortedSet(Permission.allCases))
    case ["Bearer reader"]:
      Principal(
        id: "r", kind: .user, name: "reader", namespaces: [.default: [.artifactRead]])
    case ["Bearer writer"]:
      Principal(
        id: "w", kind: .user, name: "writer", namespaces: [.default: [.artifactWrite]])
    case ["Bearer stranger"]:
      Principal(
        id: "s", kind: .user, name: "stranger",
        namespaces: [Scene.foreign: SortedSet(Permission.allCases)])
    default:
      throw Problem.unauthenticated("no", error: nil)
    }
  }
}

extension Value {
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var items: [Value] {
    if case .array(let items) = self { items } else { [] }
  }
}
