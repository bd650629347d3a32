internal import Domain
public import Ports
public import ServiceKit
internal import WorkerCore

/// The ports of the worker service.
public struct WorkerPorts: Sendable {
  public let bus: any Bus
  public let network: any Network
  /// Asked in order; the first that accepts the work runs it.
  public let executors: [any Executor]
  /// What contents of files are judged by; without one attempts with files are turned away.
  public let digest: (any Digest)?
  public let context: ServiceContext
  public let configuration: WorkerConfiguration

  public init(
    bus: any Bus, network: any Network, executors: [any Executor],
    digest: (any Digest)? = nil, context: ServiceContext, configuration: WorkerConfiguration
  ) {
    self.bus = bus
    self.network = network
    self.executors = executors
    self.digest = digest
    self.context = context
    self.configuration = configuration
  }
}

/// The worker: takes tasks, runs them on its executors, reports how they ended and what they said.
public struct WorkerServer: Sendable {
  private let ports: WorkerPorts
  private let agent: WorkerAgent
  private let life = WorkerLife()

  public init(_ ports: WorkerPorts) {
    self.ports = ports
    agent = WorkerAgent(ports)
  }

  /// Runs until the worker has drained. Cancelling the task drains it: it claims nothing more, lets
  /// what runs end within `limits.drainWithin`, stops the rest and kills it after
  /// `limits.evictWithin`, reports everything, and gives its session back. It returns then, or when
  /// `endWithin` is over, having killed what was left.
  public func run() async {
    let (agent, life, ports) = (agent, life, ports)
    // Not a child: what a drain takes must not be cancelled with it.
    life.begin(
      ports.context.spawner.spawn("worker") {
        await agent.run()
        life.end()
      })
    await withTaskCancellationHandler {
      await life.ended()
    } onCancel: {
      ports.context.spawner.spawn("worker.end") { await WorkerServer.end(agent, life, ports) }
    }
  }

  private static func end(_ agent: WorkerAgent, _ life: WorkerLife, _ ports: WorkerPorts) async {
    agent.handle(.drainAsked)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await ports.context.time.sleep(for: ports.configuration.endWithin) }
      group.addTask { await life.ended() }
      await group.next()
      life.kill()
      group.cancelAll()
    }
  }

  /// Takes no new work, lets what runs go on for a while, hands the rest back, and ends `run`.
  public func drain() async {
    agent.handle(.drainAsked)
  }

  /// Kills everything that runs and ends `run` at once. Nothing is reported: the scheduler notices
  /// when the session expires.
  public func kill() {
    life.kill()
  }
}
