internal import Contracts
public import Ports
public import ServiceKit

/// The metadata service: history and logs of runs, for people.
public struct MetadataServer: Sendable {
  private let ports: MetadataPorts

  public init(_ ports: MetadataPorts) {
    self.ports = ports
  }

  /// The routes that this service answers.
  public var routes: [Route] {
    LogRoutes(ports: ports).all + JobRoutes(ports: ports).all + SummaryRoutes(ports: ports).all
  }

  /// Runs until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await ArchiveFeed(ports: ports).run() }
      group.addTask { await HistorySweeper(ports: ports).run() }
      group.addTask {
        await ports.context.serve(
          HistoryMethods.service, HistoryGateway(archive: ports.archive), on: ports.network,
          retryWait: ports.configuration.retryWait)
      }
    }
  }
}

/// The ports of the metadata service and what is shared by its parts.
public struct MetadataPorts: Sendable {
  public let archive: any JobArchive
  public let bus: any Bus
  public let network: any Network
  public let context: ServiceContext
  public let seal: CursorSeal
  public let configuration: MetadataConfiguration
  let logs: LogReads

  public init(
    archive: any JobArchive, bus: any Bus, network: any Network, context: ServiceContext,
    seal: CursorSeal, configuration: MetadataConfiguration = MetadataConfiguration()
  ) {
    self.archive = archive
    self.bus = bus
    self.network = network
    self.context = context
    self.seal = seal
    self.configuration = configuration
    logs = LogReads(archive)
  }
}
