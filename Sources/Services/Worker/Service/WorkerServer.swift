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
  public let context: ServiceContext
  public let configuration: WorkerConfiguration

  public init(
    bus: any Bus, network: any Network, executors: [any Executor], context: ServiceContext,
    configuration: WorkerConfiguration
  ) {
    self.bus = bus
    self.network = network
    self.executors = executors
    self.context = context
    self.configuration = configuration
  }
}

/// The worker: takes tasks, runs them on its executors, reports how they ended and what they said.
public struct WorkerServer: Sendable {
  private let agent: WorkerAgent

  public init(_ ports: WorkerPorts) {
    agent = WorkerAgent(ports)
  }

  /// Runs until the worker has drained. Cancelling the task kills everything that runs.
  public func run() async {
    await agent.run()
  }

  /// Takes no new work, lets what runs go on for a while, hands the rest back, and ends `run`.
  public func drain() async {
    await agent.handle(.drainAsked)
  }
}
