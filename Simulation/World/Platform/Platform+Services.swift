internal import ArtifactService
internal import Domain
internal import IAMService
internal import MetadataService
internal import NotificationService
internal import Ports
internal import SchedulerService
internal import ServiceKit
internal import SimulationFakes
internal import SimulationKit
internal import WorkerService
internal import WorkflowService

/// How each process is put together, the way `serve` does it in production.
extension Platform {
  func start(_ process: ServiceProcess) {
    process.start { [self] environment in
      let context = ServiceContext(environment)
      switch process.role {
      case .iam: await serveIAM(context)
      case .workflow: await serveWorkflow(context)
      case .scheduler: await serveScheduler(context)
      case .worker: await serveWorker(context, named: process.name)
      case .metadata: await serveMetadata(context)
      case .artifact: await serveArtifact(context)
      case .notification: await serveNotification(context)
      }
    }
  }

  private func serveIAM(_ context: ServiceContext) async {
    let digest = FakeDigest()
    let server = IAMServer(
      IAMPorts(
        store: stores.iam, network: network,
        crypto: IAMCrypto(
          digest: digest, signer: FakeSigner(), hasher: hasher, sealer: FakeSealer()),
        context: context, seal: PlatformSecrets.seal(digest), secrets: PlatformSecrets.iam,
        configuration: habits.iam))
    let authenticator = self.authenticator(context)
    let router = Router(
      HealthRoutes.all + server.routes, authenticator: authenticator, context: context,
      audit: server.audit)
    await withDiscardingTaskGroup { group in
      group.addTask { await server.run() }
      group.addTask { await authenticator.run() }
      group.addTask { await self.listen(.iam, router, context) }
    }
  }

  private func serveWorkflow(_ context: ServiceContext) async {
    let digest = FakeDigest()
    let server = WorkflowServer(
      WorkflowPorts(
        store: stores.workflow, bus: bus, network: network, scanner: scanner, digest: digest,
        context: context, seal: PlatformSecrets.seal(digest), configuration: habits.workflow))
    await serve(.workflow, server.routes, context) { await server.run() }
  }

  private func serveScheduler(_ context: ServiceContext) async {
    await SchedulerServer(
      SchedulerPorts(
        store: stores.scheduler, bus: bus, network: network, context: context,
        configuration: habits.scheduler)
    ).run()
  }

  private func serveWorker(_ context: ServiceContext, named name: String) async {
    await WorkerServer(
      WorkerPorts(
        bus: bus, network: network, executors: [executor], digest: FakeDigest(),
        context: context,
        configuration: habits.worker(name, slots: topology.slotsPerWorker, pools: pools))
    ).run()
  }

  private func serveMetadata(_ context: ServiceContext) async {
    let server = MetadataServer(
      MetadataPorts(
        archive: archive, bus: bus, network: network, context: context,
        seal: PlatformSecrets.seal(FakeDigest()), configuration: habits.metadata))
    await serve(.metadata, server.routes, context) { await server.run() }
  }

  private func serveArtifact(_ context: ServiceContext) async {
    let digest = FakeDigest()
    let server = ArtifactServer(
      ArtifactPorts(
        store: stores.artifact, objects: objects, bus: bus, network: network, digest: digest,
        sign: { digest.digest(PlatformSecrets.links + $0) },
        address: { "http://" + (Role.artifact.address ?? "") }, context: context,
        seal: PlatformSecrets.seal(digest), configuration: habits.artifact))
    await serve(.artifact, server.routes, context) { await server.run() }
  }

  private func serveNotification(_ context: ServiceContext) async {
    let digest = FakeDigest()
    let server = NotificationServer(
      NotificationPorts(
        store: stores.notification, bus: bus, network: network, digest: digest,
        webhooks: webhooks, mailer: mailer, context: context, seal: PlatformSecrets.seal(digest),
        webhookSeal: WebhookSeal(FakeSealer(), key: PlatformSecrets.master),
        configuration: habits.notification))
    await serve(.notification, server.routes, context) { await server.run() }
  }

  // MARK: What they share

  private func authenticator(_ context: ServiceContext) -> IdentityAuthenticator {
    IdentityAuthenticator(
      network: network, signer: FakeSigner(), digest: FakeDigest(), context: context,
      configuration: habits.authenticator)
  }

  /// The service with its routes, its checks of callers and its audit.
  private func serve(
    _ role: Role, _ routes: [Route], _ context: ServiceContext,
    _ run: @escaping @Sendable () async -> Void
  ) async {
    let authenticator = self.authenticator(context)
    let audit = RemoteAuditTrail(network: network, context: context, limits: habits.audit)
    let router = Router(
      HealthRoutes.all + routes, authenticator: authenticator, context: context, audit: audit)
    await withDiscardingTaskGroup { group in
      group.addTask { await run() }
      group.addTask { await authenticator.run() }
      group.addTask { await audit.run() }
      group.addTask { await self.listen(role, router, context) }
    }
  }

  /// A replaced process may still hold the address for a moment.
  private func listen(_ role: Role, _ router: Router, _ context: ServiceContext) async {
    guard let address = role.address else { return }
    while !Task.isCancelled {
      do throws(HTTPError) {
        try await network.serve(address, router) { _ in }
      } catch {
        context.telemetry.log(.warning, "http.not-served", [("error", "\(error)")])
        try? await context.time.sleep(for: .milliseconds(200))
      }
    }
  }
}

extension ServiceContext {
  init(_ environment: ProcessEnvironment) {
    self.init(
      process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
      time: environment.time, randomness: environment.randomness, spawner: environment.spawner,
      telemetry: environment.telemetry, probe: environment.probe)
  }
}
