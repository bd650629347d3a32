import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport
import Wire

@testable import NotificationService

/// Notifiers in a world with a store, a bus, a workflow service and receivers.
struct NotificationScene: Sendable {
  let world: SimulatedWorld
  let store: FakeRecordStore
  let bus: FakeBus
  let network: FakeNetwork
  let webhooks: FakeWebhookSender
  let mailer: FakeMailer
  let notifiers: [SimulatedProcess]
  /// Of the test itself: its routes, never run.
  let server: NotificationServer
  let ports: NotificationPorts
  let router: Router

  init(
    _ world: SimulatedWorld, notifiers count: Int = 1, rules: [NotifyRule] = [],
    store storeFaults: RecordStoreFaults = .calm, bus busFaults: BusFaults = .calm,
    receivers: DeliveryFaults = .calm,
    configure: @escaping @Sendable (inout NotificationConfiguration) -> Void = { _ in },
    permissions: SortedSet<Permission> = SortedSet(Permission.allCases),
    script: @escaping @Sendable (WebhookMessage) -> DeliveryScript = { _ in .takes(status: 204) }
  ) throws {
    let store = try FakeRecordStore(
      world, tables: NotificationTables.declarations, faults: storeFaults)
    let bus = FakeBus(world, faults: busFaults)
    let network = FakeNetwork(world)
    let webhooks = FakeWebhookSender(world, faults: receivers, script: script)
    let mailer = FakeMailer(world, faults: receivers)
    (self.world, self.store, self.bus, self.network) = (world, store, bus, network)
    (self.webhooks, self.mailer) = (webhooks, mailer)
    world.process("workflow").start { _ in
      try await network.serve(rpc: WorkflowsMethods.service, Definitions(rules: rules))
    }
    let ports: @Sendable (ProcessEnvironment) -> NotificationPorts = { environment in
      var configuration = NotificationConfiguration()
      // Days of virtual time pass: looks for no reason would be most of what happens.
      configuration.lookEvery = .seconds(20)
      configuration.pollWait = .seconds(30)
      configuration.sweepEvery = .seconds(3_600)
      configure(&configuration)
      let digest = FakeDigest()
      return NotificationPorts(
        store: store, bus: bus, network: network, digest: digest, webhooks: webhooks,
        mailer: mailer, context: ServiceContext(environment),
        seal: CursorSeal(key: "test", digest: digest),
        webhookSeal: WebhookSeal(FakeSealer(), key: [UInt8](repeating: 9, count: 32)),
        configuration: configuration)
    }
    notifiers = (0..<count).map { number in
      let process = world.process("notifier-\(number)")
      process.start { environment in await NotificationServer(ports(environment)).run() }
      return process
    }
    self.ports = ports(world.here)
    server = NotificationServer(self.ports)
    router = Router(
      server.routes,
      authenticator: Signed(Principal(name: "ada", permissions: permissions)),
      context: self.ports.context)
  }

  /// A definition with the rules, whatever is asked for.
  private struct Definitions: RPCHandler {
    let rules: [NotifyRule]

    func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
      var definition = WorkflowDefinition.sample("build")
      definition.notify = rules
      return GetVersionResponse(normalForm: Array(definition.normalForm.json.utf8)).encoded()
    }
  }

  private struct Signed: Authenticator {
    let principal: Principal
    init(_ principal: Principal) { self.principal = principal }

    func principal(authorization: [String]) async throws(Problem) -> Principal { principal }
  }

  // MARK: Acting

  /// Says on the bus that a run has ended now, by a clock that may be wrong.
  @discardableResult
  func end(
    _ number: UInt64, _ outcome: RunOutcome = .failed, workflow: String = "build",
    labels: SortedMap<String, String> = [:], behind: Duration = .zero
  ) -> RunID {
    let run = RunID(SortableID(high: 1 << 40, low: number))
    let now = world.here.time.now() - behind
    let message = WorkflowCompleted(
      run: run.text, namespace: "default", workflow: workflow, version: "v1",
      outcome: outcome.rawValue,
      reason: outcome == .failed
        ? ReasonMessage(Reason(code: "task-failed", message: "test: exit 1", since: now)) : nil,
      startedAtUs: (now - .seconds(60)).microseconds, endedAtUs: now.microseconds, revision: 2,
      labels: labels)
    _ = bus.append([
      BusRecord(topic: "workflow.completed", key: run.text, value: message.encoded())
    ])
    return run
  }

  func call(
    _ method: String, _ path: String, query: String? = nil, _ body: Value? = nil,
    fields: [HTTPField] = []
  ) async -> (status: Int, body: Value) {
    var all = [HTTPField("Authorization", "Bearer x")] + fields
    if body != nil { all.append(HTTPField("Content-Type", "application/json")) }
    let response = await router.respond(
      to: HTTPRequest(
        method: method, path: "/v1/notifications" + path, query: query, fields: HTTPFields(all),
        body: WholeBody(body.map { Array($0.json.utf8) } ?? [])))
    guard case .bytes(let bytes) = response.body,
      let value = try? Value(json: String(decoding: bytes, as: UTF8.self))
    else { return (response.status, .null) }
    return (response.status, value)
  }

  /// A webhook subscription; its secret is told.
  func subscribe(
    _ name: String, events: [String] = ["failed"], url: String = "https://receiver.example/in",
    labels: SortedMap<String, String> = [:]
  ) async throws -> (id: String, secret: WebhookSecret) {
    let answer = await call(
      "POST", "/subscriptions",
      .object([
        "name": .string(name), "events": .array(events.map(Value.string)),
        "webhook": .object(["url": .string(url)]), "labels": .labels(labels),
      ]))
    try expectEqual(answer.status, 201, "\(answer.body)")
    let id = try expectPresent(answer.body["id"]?.text, "the id")
    let secret = try expectPresent(
      answer.body["secret"]?.text.flatMap { WebhookSecret(text: $0) }, "the secret")
    return (id, secret)
  }

  func subscribe(_ name: String, events: [String], mail: [String]) async throws {
    let answer = await call(
      "POST", "/subscriptions",
      .object([
        "name": .string(name), "events": .array(events.map(Value.string)),
        "email": .array(mail.map(Value.string)),
      ]))
    try expectEqual(answer.status, 201, "\(answer.body)")
  }

  // MARK: Looking

  var deliveries: [DeliveryRecord] {
    store.rows(NotificationTables.deliveries.name).compactMap {
      NotificationTables.deliveries.record($0.row)
    }
  }

  /// The ids that receivers saw, in order, repetitions included.
  var received: [String] {
    webhooks.received.compactMap { $0.message.fields["webhook-id"] }
  }

  func wait(
    for what: String, within: Duration = .seconds(60), every: Duration = .milliseconds(20),
    _ condition: () -> Bool
  ) async throws {
    try await world.wait(for: what, within: within, every: every) { condition() }
  }

  func waitForEnd(_ count: Int, within: Duration = .seconds(60)) async throws {
    // Looks are as far apart as the wait is long, so that days cost no more than minutes.
    let every = max(.milliseconds(100), within / 2_000)
    try await wait(for: "\(count) messages to be over", within: within, every: every) {
      let over = deliveries.filter { $0.dueUs == nil }
      return over.count == count
    }
  }
}

/// A body that is there at once.
actor WholeBody: HTTPBodySource {
  private var bytes: [UInt8]?

  init(_ bytes: [UInt8]) { self.bytes = bytes.isEmpty ? nil : bytes }

  func next() async throws(HTTPError) -> [UInt8]? {
    defer { bytes = nil }
    return bytes
  }
}

extension Value {
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var list: [Value] {
    if case .array(let items) = self { items } else { [] }
  }
}

extension ServiceContext {
  fileprivate init(_ environment: ProcessEnvironment) {
    self.init(
      process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
      time: environment.time, randomness: environment.randomness, spawner: environment.spawner,
      telemetry: environment.telemetry, probe: environment.probe)
  }
}
