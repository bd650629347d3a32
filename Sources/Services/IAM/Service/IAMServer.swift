internal import Contracts
internal import Domain
internal import Ports
public import ServiceKit

/// Identity and access: who somebody is, what they may do, and what was done.
public struct IAMServer: Sendable {
  private let ports: IAMPorts
  private let keys: KeyKeeper
  private let dummy = DummyHash()
  /// Keeps the audit of this process: for the router that serves `routes`.
  public let audit: StoredAuditTrail

  public init(_ ports: IAMPorts) {
    self.ports = ports
    keys = KeyKeeper(ports)
    audit = StoredAuditTrail(ports)
  }

  /// The routes that this service answers.
  public var routes: [Route] {
    let signIns = SignInDesk(ports: ports, keys: keys, dummy: dummy)
    let users = UserRoutes(ports: ports, signIns: signIns)
    let tokens = TokenDesk(ports: ports)
    return AuthRoutes(ports: ports, desk: signIns, users: users).all
      + TokenRoutes(ports: ports, desk: tokens).all + users.all + GrantRoutes(ports: ports).all
      + NamespaceRoutes(ports: ports).all + AccountRoutes(ports: ports, tokens: tokens).all
      + InvitationRoutes(ports: ports).all + KeyRoutes(ports: ports, keys: keys).all
      + AuditRoutes(ports: ports).all + SecretRoutes(ports: ports).all
  }

  /// Runs until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await keys.run() }
      group.addTask {
        await serve(
          IdentityMethods.service, IdentityHandler(ports: ports, keys: keys, trail: audit))
      }
      group.addTask { await serve(SecretsMethods.service, SecretsHandler(ports: ports)) }
      group.addTask { await Sweeper(ports: ports).run() }
      group.addTask { await prepare() }
    }
  }

  /// Answers a gateway until the task is cancelled.
  ///
  /// - Parameter authenticator: judges credentials: the one that the routes are served with.
  public func runGateway(_ authenticator: any Authenticator) async {
    await serve(
      AuthorizationMethods.service,
      AuthorizationHandler(ports: ports, keys: keys, trail: audit, authenticator: authenticator))
  }

  /// What is there from the start: the namespace `default`, and a hash that is nobody's.
  private func prepare() async {
    while !Task.isCancelled {
      do throws(Problem) {
        try await NamespaceRoutes(ports: ports).ensureDefault()
        _ = try? await dummy.text(ports)
        return
      } catch {
        ports.context.telemetry.log(.warning, "iam.not-prepared", [("error", error.detail)])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
  }

  private func serve(_ service: String, _ handler: any RPCHandler) async {
    await ports.context.serve(
      service, handler, on: ports.network, retryWait: ports.configuration.retryWait)
  }
}
