internal import Contracts
internal import Domain
public import Ports
public import ServiceKit

/// The ports of the scheduler service and what is shared by its parts.
public struct SchedulerPorts: Sendable {
  public let store: any RecordStore
  public let bus: any Bus
  public let network: any Network
  public let context: ServiceContext
  public let configuration: SchedulerConfiguration

  public init(
    store: any RecordStore, bus: any Bus, network: any Network, context: ServiceContext,
    configuration: SchedulerConfiguration = SchedulerConfiguration()
  ) {
    self.store = store
    self.bus = bus
    self.network = network
    self.context = context
    self.configuration = configuration
  }
}

/// The topics that the scheduler reads and writes.
enum SchedulerTopics {
  static let inputs = [
    "workflow.started", "task.completed", "task.failed", "run.commands", "limit.requests",
  ]
  static let started = "workflow.started"
  static let completed = "task.completed"
  static let failed = "task.failed"
  static let commands = "run.commands"
  static let limits = "limit.requests"
  static let ended = "workflow.completed"

  static func hints(of pool: PoolName) -> String { "task.scheduled.\(pool)" }
}
