internal import ArtifactService
internal import CryptoAdapter
internal import DeliveryAdapter
internal import Domain
internal import HTTPAdapter
internal import MetadataService
internal import NotificationService
internal import Ports
internal import SchedulerService
internal import ServiceKit
internal import SystemAdapter
internal import WorkerService
internal import WorkflowService
internal import YAMLAdapter

/// Makes the services that a process serves; nil for those that it does not.
struct ServeServices {
  let configuration: ServeConfiguration
  let runtime: Runtime
  let storage: ServeStorage
  let network: LocalNetwork
  let keys: ServeKeys
  /// What clients reach the installation by.
  let address: @Sendable () -> String
  private let digest = OpenSSLDigest()

  init(
    configuration: ServeConfiguration, runtime: Runtime, storage: ServeStorage,
    network: LocalNetwork, keys: ServeKeys, address: @escaping @Sendable () -> String
  ) {
    self.configuration = configuration
    self.runtime = runtime
    self.storage = storage
    self.network = network
    self.keys = keys
    self.address = address
  }

  private var seal: CursorSeal {
    CursorSeal(key: digest.hexadecimal(digest: keys.shared), digest: digest)
  }

  func workflow() -> WorkflowServer? {
    guard let store = storage.stores[.workflow] else { return nil }
    return WorkflowServer(
      WorkflowPorts(
        store: store, bus: storage.bus, network: network, scanner: LibYAMLScanner(),
        digest: digest, context: runtime.context, seal: seal))
  }

  func scheduler() -> SchedulerServer? {
    guard let store = storage.stores[.scheduler] else { return nil }
    return SchedulerServer(
      SchedulerPorts(store: store, bus: storage.bus, network: network, context: runtime.context))
  }

  func metadata() -> MetadataServer? {
    guard let archive = storage.history?.archive else { return nil }
    var limits = MetadataConfiguration()
    limits.member = configuration.name
    limits.retention = configuration.retention
    return MetadataServer(
      MetadataPorts(
        archive: archive, bus: storage.bus, network: network, context: runtime.context, seal: seal,
        configuration: limits))
  }

  func artifacts() -> ArtifactServer? {
    guard let store = storage.stores[.artifact], let objects = storage.objects?.store else {
      return nil
    }
    var limits = ArtifactConfiguration()
    limits.member = configuration.name
    limits.retention = configuration.retention
    let (digest, key) = (digest, keys.shared)
    let workers = configuration.workersURL.map { url in { @Sendable in url } }
    return ArtifactServer(
      ArtifactPorts(
        store: store, objects: objects, bus: storage.bus, network: network, digest: digest,
        sign: { digest.authenticationCode(of: $0, key: key) }, address: address,
        workersAddress: workers, context: runtime.context, seal: seal, configuration: limits))
  }

  func notification() throws(StartFailure) -> NotificationServer? {
    guard let store = storage.stores[.notification], let master = keys.master else { return nil }
    var limits = NotificationConfiguration()
    limits.member = configuration.name
    limits.egress = configuration.egress
    RetryWaits.set(configuration.retryWaits, in: &limits)
    if let url = configuration.publicURL { limits.publicURL = url }
    let webhooks = CurlWebhookSender(
      WebhookSenderConfiguration(rules: limits.egress),
      on: ServeServices.pool("webhooks", limits.deliveriesInFlightMax))
    var mailer: (any Mailer)?
    if let server = configuration.mailServer {
      mailer = CurlMailer(
        try DevMail.configuration(server, from: configuration.mailFrom, authorities: nil),
        on: ServeServices.pool("mail", limits.mailsInFlightMax))
    }
    return NotificationServer(
      NotificationPorts(
        store: store, bus: storage.bus, network: network, digest: digest, webhooks: webhooks,
        mailer: mailer, context: runtime.context, seal: seal,
        webhookSeal: WebhookSeal(
          OpenSSLSealer(), key: digest.derivedKey("webhook secrets", from: master)),
        configuration: limits))
  }

  func executors() throws(StartFailure) -> TaskExecutors? {
    guard configuration.services.contains(.worker) else { return nil }
    do {
      let folder =
        if let data = configuration.dataDirectory { data + "/work" } else {
          try WorkDirectory.temporary()
        }
      return try TaskExecutors(
        configuration.tasks, configuration.egress, slots: configuration.slots, in: folder, runtime)
    } catch let failure as StartFailure {
      throw failure
    } catch {
      throw StartFailure(
        "processes cannot be started here: \(error)", hint: "check the permissions of --data")
    }
  }

  func worker(_ executors: TaskExecutors?) -> WorkerServer? {
    guard let executors else { return nil }
    var limits = WorkerConfiguration(
      name: configuration.name, pools: configuration.pools.compactMap { PoolName($0) },
      slots: configuration.slots)
    limits.containment = executors.containment
    return WorkerServer(
      WorkerPorts(
        bus: storage.bus, network: network,
        executors: executors.all, digest: digest, context: runtime.context, configuration: limits))
  }

  /// A service never has more under way than there are threads.
  private static func pool(_ name: String, _ threads: Int) -> BlockingPool {
    BlockingPool(name: name, threads: threads, waitingMax: threads)
  }
}
