internal import ArtifactService
internal import CryptoAdapter
internal import Domain
internal import FilesAdapter
internal import HTTPAdapter
internal import IAMService
internal import MetadataService
internal import NotificationService
internal import Ports
internal import SchedulerService
internal import ServiceKit
internal import SystemAdapter
internal import WorkerService
internal import WorkflowService

/// What a process serves, put together: the same services as in `dev`, on PostgreSQL and Kafka.
final class ServeParts: Sendable {
  let configuration: ServeConfiguration
  let runtime: Runtime
  let storage: ServeStorage
  let worker: WorkerServer?
  let workerEnded = Ended()
  private let network: LocalNetwork
  private let key: ServiceKey
  private let executors: TaskExecutors?
  private let identity: ServeIdentity
  private let address = PublicAddress()
  private let router: Router
  /// What runs as long as the process serves.
  private let running: [@Sendable () async -> Void]

  static func make(_ configuration: ServeConfiguration) async throws(StartFailure) -> ServeParts {
    try configuration.check()
    let runtime = try Runtime(name: "serve", configuration.observed)
    do throws(StartFailure) {
      let keys = try ServeKeys(configuration)
      let storage = try await ServeStorage.open(configuration, runtime)
      do throws(StartFailure) {
        return try ServeParts(configuration, runtime, storage, keys)
      } catch {
        await storage.close()
        throw error
      }
    } catch {
      runtime.stop()
      throw error
    }
  }

  private init(
    _ configuration: ServeConfiguration, _ runtime: Runtime, _ storage: ServeStorage,
    _ keys: ServeKeys
  ) throws(StartFailure) {
    self.configuration = configuration
    self.runtime = runtime
    self.storage = storage
    key = keys.service
    var calls = LocalNetwork.Configuration()
    calls.peers = configuration.peersByMethods
    calls.credentials = key.credentials
    let keeper = try ServeParts.keeper(configuration, runtime)
    calls.keeper = keeper
    let observation = ObservationParts(runtime, keeper)
    let network = LocalNetwork(
      on: runtime.loop, time: runtime.time, pool: runtime.pool, telemetry: runtime.metrics,
      configuration: calls)
    self.network = network
    identity = ServeIdentity(configuration, runtime, storage, network, keys)
    let address = address
    let builder = ServeServices(
      configuration: configuration, runtime: runtime, storage: storage, network: network,
      keys: keys, address: { configuration.publicURL ?? address.url })
    let health = HealthWatch(storage.checks, context: runtime.context)
    var routes = HealthRoutes.all(health) + MetricRoutes(metrics: runtime.metrics).all
    var running: [@Sendable () async -> Void] = [health.run, observation.run]
    if let workflow = builder.workflow() {
      routes += DocumentRoutes.all + workflow.routes
      running.append { await workflow.run() }
    }
    if let scheduler = builder.scheduler() { running.append { await scheduler.run() } }
    if let metadata = builder.metadata() {
      routes += metadata.routes
      running.append { await metadata.run() }
    }
    if let artifacts = builder.artifacts() {
      routes += artifacts.routes
      running.append { await artifacts.run() }
      if let objects = storage.objects {
        running.append { await objects.runSweeping(runtime.telemetry) }
      }
    }
    if let notification = try builder.notification() {
      routes += notification.routes
      running.append { await notification.run() }
    }
    routes += identity.routes
    let executors = try builder.executors()
    self.executors = executors
    worker = builder.worker(executors)
    if let worker {
      let ended = workerEnded
      running.append {
        await worker.run()
        ended.tell()
      }
    }
    self.running = running
    router = Router(
      routes, authenticator: identity.authenticator, context: runtime.context,
      audit: identity.audit, gate: ServeParts.gate(configuration, runtime, key, identity))
  }

  private static func gate(
    _ configuration: ServeConfiguration, _ runtime: Runtime, _ key: ServiceKey,
    _ identity: ServeIdentity
  ) -> GatewayGate? {
    guard configuration.isBehindGateway else { return nil }
    return GatewayGate(
      services: configuration.services.map(\.rawValue), token: key.gatewayToken,
      digest: OpenSSLDigest(), authenticator: identity.authenticator, context: runtime.context)
  }

  private static func keeper(
    _ configuration: ServeConfiguration, _ runtime: Runtime
  ) throws(StartFailure) -> TLSKeeper? {
    guard let files = configuration.tls else {
      if configuration.allowsPlaintext {
        runtime.metrics.log(.warning, "tls.plaintext", [("host", configuration.host)])
      }
      return nil
    }
    do throws(TLSFailure) {
      return try TLSKeeper(files, telemetry: runtime.telemetry)
    } catch {
      throw StartFailure(
        error.description, hint: "name files of PEM: millrace admin certs makes some")
    }
  }

  /// Runs every service until the task is cancelled.
  func run(_ ready: Ready) async {
    await withDiscardingTaskGroup { group in
      for part in running { group.addTask { await part() } }
      group.addTask { await self.identity.run() }
      group.addTask { await self.serve(ready) }
    }
  }

  private func serve(_ ready: Ready) async {
    let calls = RPCExposure(
      configuration.services.flatMap { ServeConfiguration.methods(of: $0) },
      admits: ServiceGuard(key: key))
    do throws(HTTPError) {
      try await network.serve(
        "\(configuration.host):\(configuration.port)", router, exposing: calls
      ) { bound in
        self.address.set("http://\(bound)")
        ready.tell(.success(bound))
      }
    } catch {
      guard !Task.isCancelled else { return }
      ready.tell(.failure(StartFailure(listening: error)))
    }
  }

  func close() async {
    executors?.close()
    await storage.close()
    runtime.stop()
  }
}

extension StartFailure {
  init(listening error: HTTPError) {
    let why = if case .unreachable(let why) = error { why } else { "\(error)" }
    self.init(
      "cannot listen: \(why)",
      hint: "--port 0 picks a free port; --host takes an address of this machine")
  }
}
