internal import ArchiveAdapter
internal import ArtifactService
internal import CryptoAdapter
internal import Domain
internal import FilesAdapter
internal import HTTPAdapter
internal import IAMService
internal import MetadataService
internal import NotificationService
internal import Ports
internal import SQLiteAdapter
internal import SchedulerService
internal import ServiceKit
internal import SystemAdapter
internal import WorkerService
internal import WorkflowService
internal import YAMLAdapter

/// Everything that `dev` is made of, put together.
final class DevParts: Sendable {
  let configuration: DevConfiguration
  let runtime: Runtime
  let storage: DevStorage
  let network: LocalNetwork
  let executors: TaskExecutors
  let token: String
  let workflows: WorkflowServer
  let scheduler: SchedulerServer
  let metadata: MetadataServer
  let artifacts: ArtifactServer
  let notification: NotificationServer
  let worker: WorkerServer
  let identity: DevIdentity
  private let observation: ObservationParts
  let router: Router
  /// What clients may ask of which service.
  let routesByService: [(service: ServiceName, routes: [Route])]
  let calls: RPCExposure
  let workerEnded = Ended()
  private let address: PublicAddress

  var loop: EventLoop { runtime.loop }

  static func make(_ configuration: DevConfiguration) async throws(StartFailure) -> DevParts {
    try configuration.check()
    let runtime = try Runtime(name: "dev", configuration.observation)
    let storage: DevStorage
    do throws(StartFailure) {
      storage = try await DevStorage.open(
        configuration, time: runtime.time, randomness: runtime.randomness)
    } catch {
      runtime.loop.stop()
      throw error
    }
    let master: [UInt8]
    do throws(StartFailure) {
      master = try DevIdentity.master(configuration, runtime)
    } catch {
      await storage.close()
      runtime.loop.stop()
      throw error
    }
    do throws(ExecutorError) {
      let executors = try TaskExecutors(
        configuration.tasks, configuration.egress, slots: configuration.slots,
        in: storage.workDirectory, runtime)
      return DevParts(configuration, runtime, storage, executors, master: master)
    } catch {
      await storage.close()
      runtime.loop.stop()
      throw StartFailure(
        "processes cannot be started here: \(error)",
        hint: "check the permissions of \(storage.workDirectory)")
    }
  }

  private init(
    _ configuration: DevConfiguration, _ runtime: Runtime, _ storage: DevStorage,
    _ executors: TaskExecutors, master: [UInt8]
  ) {
    self.configuration = configuration
    self.runtime = runtime
    self.storage = storage
    self.executors = executors
    observation = ObservationParts(runtime)
    network = LocalNetwork(
      on: runtime.loop, time: runtime.time, pool: runtime.pool, telemetry: runtime.telemetry)
    let digest = OpenSSLDigest()
    let token = DevIdentity.localPrefix + runtime.secret(bytes: 32, digest)
    self.token = token
    let context = runtime.context
    let seal = CursorSeal(key: runtime.secret(bytes: 32, digest), digest: digest)
    workflows = WorkflowServer(
      WorkflowPorts(
        store: storage.store, bus: storage.bus, network: network, scanner: LibYAMLScanner(),
        digest: digest, context: context, seal: seal))
    scheduler = SchedulerServer(
      SchedulerPorts(store: storage.store, bus: storage.bus, network: network, context: context))
    metadata = MetadataServer(
      MetadataPorts(
        archive: storage.archive, bus: storage.bus, network: network, context: context, seal: seal))
    let address = PublicAddress()
    let linkKey = runtime.randomness.bytes(32)
    self.address = address
    artifacts = ArtifactServer(
      ArtifactPorts(
        store: storage.store, objects: storage.objects, bus: storage.bus, network: network,
        digest: digest, sign: { digest.authenticationCode(of: $0, key: linkKey) },
        address: { address.url }, context: context, seal: seal))
    notification = DevNotification(
      store: storage.store, bus: storage.bus, network: network, context: context, seal: seal,
      master: master
    ).server(configuration)
    var worker = WorkerConfiguration(name: "dev", slots: configuration.slots)
    worker.containment = executors.containment
    self.worker = WorkerServer(
      WorkerPorts(
        bus: storage.bus, network: network,
        executors: executors.all, digest: digest, context: context, configuration: worker))
    identity = DevIdentity(
      runtime, store: storage.store, network: network, master: master,
      local: TokenAuthenticator(
        token: token,
        owner: Principal(name: "admin@local", permissions: SortedSet(Permission.allCases)),
        hash: { digest.digest($0) }))
    routesByService = [
      (.workflow, DocumentRoutes.all + workflows.routes), (.metadata, metadata.routes),
      (.artifact, artifacts.routes), (.notification, notification.routes),
      (.iam, identity.server.routes),
    ]
    router = Router(
      HealthRoutes.all + MetricRoutes(metrics: runtime.metrics).all
        + routesByService.flatMap(\.routes),
      authenticator: identity.authenticator, context: context, audit: identity.audit)
    calls = DevCalls.exposure(identity.authenticator)
  }

  /// After `run` has ended: nothing of this process is left on disk but its data.
  func close() async {
    executors.close()
    await storage.close()
    loop.stop()
  }

  /// Runs every service until the task is cancelled.
  func run(_ ready: Ready) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.observation.run() }
      group.addTask { await self.scheduler.run() }
      group.addTask { await self.workflows.run() }
      group.addTask { await self.metadata.run() }
      group.addTask { await self.artifacts.run() }
      group.addTask { await self.storage.objects.runSweeping(self.runtime.telemetry) }
      group.addTask { await self.identity.run() }
      group.addTask { await self.notification.run() }
      group.addTask {
        await self.worker.run()
        self.workerEnded.tell()
      }
      group.addTask { await self.storage.bus.runRetention(self.runtime.telemetry) }
      group.addTask { await self.serve(ready) }
    }
  }

  private func serve(_ ready: Ready) async {
    let address = "\(configuration.host):\(configuration.port)"
    do throws(HTTPError) {
      try await network.serve(address, router, exposing: calls) { bound in
        self.address.set("http://\(bound)")
        ready.tell(.success(bound))
      }
    } catch {
      guard !Task.isCancelled else { return }
      ready.tell(.failure(StartFailure(listening: error)))
    }
  }
}

/// That something has ended: told once, waited for by anyone.
final class Ended: Sendable {
  private let stream: AsyncStream<Void>
  private let feed: AsyncStream<Void>.Continuation

  init() {
    (stream, feed) = AsyncStream.makeStream()
  }

  func tell() { feed.finish() }

  func wait() async { for await _ in stream {} }
}
