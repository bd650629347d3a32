internal import Domain
internal import SimulationKit
internal import SimulationOracles

/// What the people of a world do: one who sets everything up, and others who use it.
struct People: Sendable {
  let platform: Platform
  let watch: Watch
  let numbers = CallNumbers()
  let workload: Workload
  /// What they run, in place of workflows that are made up.
  var own: UserWorkflow?

  private var world: SimulatedWorld { platform.world }

  /// Registers the administrator, saves the workflows, subscribes a receiver.
  ///
  /// - Returns: the names of the workflows that were saved.
  func prepare() async -> [String] {
    let admin = Client("admin", platform, watch, numbers)
    let body = Value.object([
      "name": .string("admin"), "password": .string(Client.password),
      "firstAdminToken": .string(PlatformSecrets.firstAdminToken),
    ])
    _ = await admin.insist(.init(.iam, "POST", "/v1/auth/register", body), .other("register"))
    var names: [String] = []
    for (name, text) in await documents(admin) {
      let saved = await admin.insist(
        .init(.workflow, "POST", "/v1/workflows", text), .other("apply"))
      guard let saved, (200..<300).contains(saved.status) else { continue }
      names.append(name)
      if let version = saved.body.text("version"), let definition = Definitions.read(text) {
        watch.see(.defined(definition, version: version))
      }
    }
    let subscription = Value.object([
      "name": .string("ends"), "events": .array([.string("finished")]),
      "webhook": .object(["url": .string("http://receiver.example/ends")]),
    ])
    _ = await admin.insist(
      .init(.notification, "POST", "/v1/notifications/subscriptions", subscription),
      .other("subscribe"))
    for user in 0..<workload.users { await join("user-\(user)", admin) }
    await join("leaver", admin)
    _ = await admin.insist(
      .init(
        .iam, "POST", "/v1/users",
        .object(["name": .string("stranger"), "password": .string(Client.password)])),
      .other("make user"))
    return names
  }

  /// What is saved, by name.
  private func documents(_ admin: Client) async -> [(String, Value)] {
    guard let definition = own?.definition, let own else {
      let maker = WorkflowMaker(random: world.stream(named: "workflows"))
      return (0..<workload.workflows).map { ("flow-\($0)", maker.workflow("flow-\($0)")) }
    }
    for secret in definition.usedSecrets {
      let body = Value.object(["value": .string("a secret of \(secret)")])
      _ = await admin.insist(
        .init(.iam, "PUT", "/v1/namespaces/default/secrets/\(secret)", body), .other("secret"))
    }
    return [(definition.name.text, own.document)]
  }

  private var inputs: SortedMap<String, Value> {
    let needed = own?.definition?.inputs.filter { $0.value.fallback == nil } ?? []
    return SortedMap(needed.map { ($0.key, SampleValue.of($0.value)) })
  }

  /// A user who may do what the workload asks of users.
  private func join(_ name: String, _ admin: Client) async {
    let body = Value.object(["name": .string(name), "password": .string(Client.password)])
    _ = await admin.insist(.init(.iam, "POST", "/v1/users", body), .other("make user"))
    _ = await admin.insist(
      .init(
        .iam, "PUT", "/v1/namespaces/default/grants/\(name)", .object(["role": .string("runner")])),
      .other("grant"))
  }

  /// Starts the users, each a process of its own.
  func begin(_ workflows: [String]) {
    guard !workflows.isEmpty else { return }
    for number in 0..<workload.users {
      let name = "user-\(number)"
      let client = Client(name, platform, watch, numbers)
      let user = User(
        client: client, workflows: workflows, workload: workload,
        random: world.stream(named: name), inputs: inputs)
      world.process(name).start { _ in await user.live() }
    }
    let stranger = Stranger(
      client: Client("stranger", platform, watch, numbers, isAllowed: false),
      random: world.stream(named: "stranger"))
    world.process("stranger").start { _ in await stranger.live() }
    let leaver = Leaver(
      client: Client("leaver", platform, watch, numbers), random: world.stream(named: "leaver"),
      trustedFor: platform.habits.trustedFor)
    world.process("leaver").start { _ in await leaver.live() }
  }
}

/// How much is done in a world.
public struct Workload: Hashable, Sendable {
  public var workflows = 6
  public var users = 3
  /// Runs that one user starts.
  public var runsPerUser = 12
  /// The longest rest between two runs that a user starts.
  public var restMax: Duration = .seconds(70)
  /// Whether users cancel, pause and repeat what they started.
  public var meddles = true

  public init() {}
}
