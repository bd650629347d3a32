internal import Domain
public import Ports
public import ServiceKit

/// The ports of the workflow service and what is shared by its parts.
public struct WorkflowPorts: Sendable {
  public let store: any RecordStore
  public let bus: any Bus
  public let network: any Network
  public let scanner: any DocumentScanner
  public let digest: any Digest
  public let context: ServiceContext
  public let configuration: WorkflowConfiguration
  public let seal: CursorSeal

  public init(
    store: any RecordStore, bus: any Bus, network: any Network, scanner: any DocumentScanner,
    digest: any Digest, context: ServiceContext, seal: CursorSeal,
    configuration: WorkflowConfiguration = WorkflowConfiguration()
  ) {
    self.store = store
    self.bus = bus
    self.network = network
    self.scanner = scanner
    self.digest = digest
    self.context = context
    self.seal = seal
    self.configuration = configuration
  }
}
