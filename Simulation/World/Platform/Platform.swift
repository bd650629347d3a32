public import Domain
public import Ports
public import SimulationFakes
public import SimulationKit

/// All seven services in one world, each process on ports that belong to the world.
///
/// The services are those of production, word for word; what is fake is what they stand on.
public final class Platform: Sendable {
  public let world: SimulatedWorld
  public let topology: Topology
  public let habits: Habits
  /// Those that workers take work from, besides the usual one.
  let pools: [PoolName]
  public let stores: PlatformStores
  public let bus: FakeBus
  public let network: FakeNetwork
  public let objects: FakeObjectStore
  public let archive: FakeJobArchive
  public let webhooks: FakeWebhookSender
  public let mailer: FakeMailer
  public let executor: FakeExecutor
  /// By role, then by number.
  public let processes: [ServiceProcess]
  let hasher: FakePasswordHasher
  let scanner: any DocumentScanner

  /// Makes everything; nothing runs until `start`.
  ///
  /// - Parameters:
  ///   - scanner: reads definitions that are sent as YAML.
  ///   - script: what the tasks of the world do.
  public init(
    _ world: SimulatedWorld, _ topology: Topology = Topology(), habits: Habits = .brisk,
    pools: [PoolName] = [], scanner: any DocumentScanner,
    receivers: Receivers = .willing, script: @escaping @Sendable (WorkOrder) -> ExecutionScript
  ) throws(StoreError) {
    self.world = world
    self.topology = topology
    self.habits = habits
    self.pools = pools
    self.scanner = scanner
    stores = try PlatformStores(world)
    bus = FakeBus(world, topics: nil)
    network = FakeNetwork(
      world,
      limits: {
        var limits = NetworkLimits()
        limits.bodyBytesMax = 8 << 20
        return limits
      }())
    objects = FakeObjectStore(world)
    archive = FakeJobArchive(world)
    webhooks = FakeWebhookSender(world, script: receivers.webhook)
    mailer = FakeMailer(world, script: receivers.mail)
    executor = FakeExecutor(world, script: script)
    hasher = FakePasswordHasher(world, atOnceMax: 4, waitingMax: 64)
    processes = Role.allCases.flatMap { role in
      let count = topology.count(of: role)
      return (0..<count).map { number in
        ServiceProcess(
          role, world.process(count > 1 ? "\(role.rawValue)-\(number + 1)" : role.rawValue))
      }
    }
  }

  public func start() {
    for process in processes { start(process) }
  }

  /// The processes of a role.
  public func processes(_ role: Role) -> [ServiceProcess] {
    processes.filter { $0.role == role }
  }
}

/// What the people and programs do that the platform sends messages to.
public struct Receivers: Sendable {
  public var webhook: @Sendable (WebhookMessage) -> DeliveryScript
  public var mail: @Sendable (MailMessage) -> DeliveryScript

  public init(
    webhook: @escaping @Sendable (WebhookMessage) -> DeliveryScript,
    mail: @escaping @Sendable (MailMessage) -> DeliveryScript
  ) {
    self.webhook = webhook
    self.mail = mail
  }

  /// Everybody takes everything.
  public static let willing = Receivers(
    webhook: { _ in .takes(status: 204) }, mail: { _ in .takes(status: 250) })
}
