internal import Domain
public import Ports
public import ServiceKit

/// The ports of the artifact service and what is shared by its parts.
public struct ArtifactPorts: Sendable {
  public let store: any RecordStore
  public let objects: any ObjectStore
  public let bus: any Bus
  public let network: any Network
  public let digest: any Digest
  /// Signs links: a keyed digest that nobody without the key can make.
  public let sign: @Sendable ([UInt8]) -> [UInt8]
  /// Where clients reach this service, `http://host:port`; links begin with it.
  public let address: @Sendable () -> String
  /// The same for workers, which may be in a network of their own.
  public let workersAddress: @Sendable () -> String
  public let context: ServiceContext
  public let seal: CursorSeal
  public let configuration: ArtifactConfiguration
  /// For what downloads read before it is wanted.
  let readAhead: ByteBudget
  /// For parts of uploads that are stored while the next ones come.
  let partsAhead: ByteBudget

  public init(
    store: any RecordStore, objects: any ObjectStore, bus: any Bus, network: any Network,
    digest: any Digest, sign: @escaping @Sendable ([UInt8]) -> [UInt8],
    address: @escaping @Sendable () -> String, workersAddress: (@Sendable () -> String)? = nil,
    context: ServiceContext, seal: CursorSeal,
    configuration: ArtifactConfiguration = ArtifactConfiguration()
  ) {
    self.store = store
    self.objects = objects
    self.bus = bus
    self.network = network
    self.digest = digest
    self.sign = sign
    self.address = address
    self.workersAddress = workersAddress ?? address
    self.context = context
    self.seal = seal
    self.configuration = configuration
    readAhead = ByteBudget(bytes: configuration.readAheadBytesMax)
    partsAhead = ByteBudget(bytes: configuration.partsAheadBytesMax)
  }
}
