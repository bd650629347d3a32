internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// The scheduler: owns runs, decides, offers tasks to workers, watches their sessions.
public struct SchedulerServer: Sendable {
  private let ports: SchedulerPorts
  private let registry = OwnerRegistry()

  public init(_ ports: SchedulerPorts) {
    self.ports = ports
  }

  /// Runs until the task is cancelled, and then gives its partitions back before it returns.
  public func run() async {
    let plans = PlanSource(ports)
    let hints = HintPublisher(ports)
    let ends = EndWatch(ports)
    let loader = RunLoader(ports: ports, plans: plans)
    let leases = LeaseMemory()
    let rows = SessionRows(store: ports.store)
    let sessions = SessionDesk(ports: ports, registry: registry, leases: leases, rows: rows)
    let claims = ClaimDesk(
      ports: ports, registry: registry, loader: loader, leases: leases, rows: rows)
    let gateway = WorkerGateway(sessions: sessions, claims: claims)
    let views = RunViews(ports: ports, registry: registry, loader: loader, ends: ends)
    let keeper = PartitionKeeper(
      ports: ports, plans: plans, hints: hints, ends: ends, registry: registry)
    let renewer = PartitionRenewer(ports: ports, registry: registry)
    let broom = Broom(ports: ports, registry: registry)
    await withDiscardingTaskGroup { group in
      group.addTask { await keeper.run() }
      group.addTask { await renewer.run() }
      group.addTask { await hints.run() }
      group.addTask { await ends.run() }
      group.addTask { await sessions.run() }
      group.addTask { await broom.run() }
      group.addTask { await serve(WorkerGatewayMethods.service, gateway) }
      group.addTask { await serve(SchedulerMethods.service, views) }
    }
  }

  private func serve(_ service: String, _ handler: any RPCHandler) async {
    await ports.context.serve(
      service, handler, on: ports.network, retryWait: ports.configuration.retryWait)
  }
}
