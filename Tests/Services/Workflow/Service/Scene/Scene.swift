import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport

@testable import WorkflowService

/// A workflow service in a world with a store, a bus, a network and a scheduler that says what a
/// test tells it. Requests travel over the network, so that a kill or a lost answer meets them.
struct Scene: Sendable {
  static let address = "workflow:80"
  static let everything = SortedSet(Permission.allCases)

  let world: SimulatedWorld
  let store: FakeRecordStore
  let bus: FakeBus
  let network: FakeNetwork
  let scheduler = FakeScheduler()
  let schedulerProcess: SimulatedProcess
  let history = FakeScheduler()
  let historyProcess: SimulatedProcess
  let service: SimulatedProcess

  init(
    _ world: SimulatedWorld, records: RecordStoreFaults = .calm,
    network networkFaults: NetworkFaults = .calm,
    configure: @escaping @Sendable (inout WorkflowConfiguration) -> Void = { _ in }
  ) async throws {
    self.world = world
    let store = try FakeRecordStore(world, tables: WorkflowTables.declarations, faults: records)
    let bus = FakeBus(world)
    let network = FakeNetwork(
      world, faults: networkFaults,
      limits: {
        var limits = NetworkLimits()
        limits.bodyBytesMax = 64 << 20
        return limits
      }())
    (self.store, self.bus, self.network) = (store, bus, network)
    schedulerProcess = world.process("scheduler")
    schedulerProcess.start { [scheduler] _ in
      try await network.serve(rpc: FakeScheduler.service, scheduler)
    }
    historyProcess = world.process("metadata")
    historyProcess.start { [history] _ in
      try await network.serve(rpc: HistoryMethods.service, PastTasks(history: history))
    }
    service = world.process("workflow")
    service.start { environment in
      var configuration = WorkflowConfiguration()
      configure(&configuration)
      let context = ServiceContext(
        process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
        time: environment.time, randomness: environment.randomness,
        spawner: environment.spawner, telemetry: environment.telemetry,
        probe: environment.probe)
      let server = WorkflowServer(
        WorkflowPorts(
          store: store, bus: bus, network: network, scanner: FakeScanner(), digest: FakeDigest(),
          context: context, seal: CursorSeal(key: "key", digest: FakeDigest()),
          configuration: configuration))
      let router = Router(server.routes, authenticator: Names(), context: context)
      environment.spawner.spawn("http") {
        try? await network.serve(Scene.address, router) { _ in }
      }
      await server.run()
    }
    try await ready()
  }

  /// Waits until requests are answered.
  func ready() async throws {
    try await world.wait(for: "the service", within: .seconds(60)) {
      (try? await network.send(HTTPCall(method: "GET", url: "http://\(Scene.address)/"))) != nil
    }
  }

  /// A user by the name that is the token: `ann` may do everything everywhere, `ann@a` everything
  /// in the namespace `a`, `viewer@a` what viewers may, and `blind` everything but use secrets.
  private struct Names: Authenticator {
    func principal(authorization: [String]) async throws(Problem) -> Principal {
      let token = try BearerToken(authorization: authorization).text
      let parts = token.split(separator: "@").map(String.init)
      var permissions = Role(rawValue: parts[0])?.permissions ?? Scene.everything
      if parts[0] == "blind" { permissions.remove(.secretUse) }
      guard parts.count > 1 else {
        return Principal(id: token, kind: .user, name: token, permissions: permissions)
      }
      return Principal(
        id: token, kind: .user, name: token,
        namespaces: [NamespaceName(unchecked: parts[1]): permissions])
    }
  }
}

/// What a client got.
struct Reply: Sendable {
  var status: Int
  var fields: HTTPFields
  var bytes: [UInt8]

  /// The body as JSON.
  var json: Value? { try? Value(json: bytes, limits: .normalForm) }
  var code: String? { json?["code"]?.string }
  subscript(name: String) -> Value? { json?[name] }
  var items: [Value] { json?["items"]?.items ?? [] }
  var cursor: String? { json?["nextCursor"]?.string }
  /// `CODE LINE:COLUMN` of each finding.
  var findings: [String] {
    (json?["errors"]?.items ?? []).map { item in
      "\(item["code"]?.string ?? "") \(item["line"]?.json ?? ""):\(item["column"]?.json ?? "")"
    }
  }
}

extension Value {
  var string: String? { if case .string(let text) = self { text } else { nil } }
  var items: [Value] { if case .array(let items) = self { items } else { [] } }
}

/// What a request says beside its method, target and body.
struct Letter: Sendable {
  var type: String? = "application/json"
  var key: String?
  var match: String?
  var user = "ann"
  var timeout: Duration = .seconds(30)
  /// More fields.
  var fields: [HTTPField] = []

  static let yaml = Letter(type: "application/yaml")
  static let bare = Letter(type: nil)
}

extension Scene {
  /// Sends one request; an error is that of the network.
  func send(
    _ method: String, _ target: String, _ body: String = "", _ letter: Letter? = nil
  ) async throws(HTTPError) -> Reply {
    let letter = letter ?? (body.isEmpty ? .bare : Letter())
    var fields = [HTTPField("Authorization", "Bearer \(letter.user)")] + letter.fields
    if let type = letter.type { fields.append(HTTPField("Content-Type", type)) }
    if let key = letter.key { fields.append(HTTPField("Idempotency-Key", key)) }
    if let match = letter.match { fields.append(HTTPField("If-Match", match)) }
    let answer = try await network.send(
      HTTPCall(
        method: method, url: "http://\(Scene.address)\(target)", fields: HTTPFields(fields),
        body: Array(body.utf8), timeout: letter.timeout))
    return Reply(
      status: answer.status, fields: answer.fields, bytes: try await answer.body.collect())
  }

  func get(_ target: String) async throws -> Reply { try await send("GET", target) }

  /// A definition with one task that says something.
  static func definition(
    _ name: String, says text: String = "hello", labels: SortedMap<String, String> = [:],
    inputs: String = ""
  ) -> String {
    let labels = Value.labels(labels).json
    let inputs = inputs.isEmpty ? "" : #","inputs":\#(inputs)"#
    let tasks = #"{"say":{"run":["echo","\#(text)"]}}"#
    return #"{"id":"\#(name)","labels":\#(labels)\#(inputs),"tasks":\#(tasks)}"#
  }

  @discardableResult
  func apply(
    _ name: String, says text: String = "hello", labels: SortedMap<String, String> = [:],
    inputs: String = ""
  ) async throws -> Reply {
    try await send(
      "POST", "/v1/workflows",
      Scene.definition(name, says: text, labels: labels, inputs: inputs))
  }

  /// The bodies of all pages, one after the other, at most `pagesMax` of them.
  func pages(
    _ target: String, pagesMax: Int = 100, between: (Int) async throws -> Void = { _ in }
  ) async throws -> [[Value]] {
    var pages: [[Value]] = []
    var cursor: String?
    repeat {
      let more = cursor.map { (target.contains("?") ? "&" : "?") + "cursor=\($0)" } ?? ""
      let reply = try await get(target + more)
      guard reply.status == 200 else { throw ContractViolation("\(reply)", at: #fileID) }
      pages.append(reply.items)
      cursor = reply.cursor
      try await between(pages.count)
    } while cursor != nil && pages.count < pagesMax
    return pages
  }

  /// Runs that were announced on the bus, with repetitions.
  var announced: [String] { bus.records("workflow.started").map(\.record.key) }
}
