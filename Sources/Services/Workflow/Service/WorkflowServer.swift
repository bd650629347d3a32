internal import Contracts
internal import Domain
internal import Ports
public import ServiceKit

/// The workflow service: definitions and their versions, requests to run them, and what clients ask
/// about runs.
public struct WorkflowServer: Sendable {
  private let ports: WorkflowPorts
  private let definitions: DefinitionShelf
  private let runs: RunDesk

  public init(_ ports: WorkflowPorts) {
    self.ports = ports
    definitions = DefinitionShelf(ports)
    runs = RunDesk(ports: ports, definitions: definitions)
  }

  /// The routes that this service answers.
  public var routes: [Route] {
    DefinitionRoutes(ports: ports, shelf: definitions).all + RunRoutes(ports: ports, desk: runs).all
  }

  /// Runs until the task is cancelled.
  public func run() async {
    let pump = OutboxPump(
      shard: WorkflowTables.outboxShard, store: ports.store, bus: ports.bus,
      context: ports.context, configuration: ports.configuration.outbox)
    await withDiscardingTaskGroup { group in
      group.addTask { await pump.run() }
      group.addTask {
        await ports.context.serve(
          WorkflowsMethods.service, VersionHandler(shelf: definitions), on: ports.network,
          retryWait: ports.configuration.retryWait)
      }
      group.addTask { await AnswerSweeper(ports: ports).run() }
      group.addTask { await RunRedriver(ports: ports).run() }
    }
  }
}
