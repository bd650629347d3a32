internal import Domain
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// The clients of a process, one for each set of addresses.
final class RPCClients: Sendable {
  private let loop: EventLoop
  private let dialer: Dialer
  private let configuration: RPCClientConfiguration
  private let clients = Mutex<[[String]: RPCClient]>([:])

  /// Sets of addresses come from configuration and code, never from outside.
  private static let clientsMax = 1_024

  init(
    on loop: EventLoop, resolver: AddressResolver, configuration: RPCClientConfiguration,
    keeper: TLSKeeper? = nil
  ) {
    self.loop = loop
    self.configuration = configuration
    dialer = Dialer(loop: loop, resolver: resolver, keeper: keeper)
  }

  func open(_ call: RPCCall, at addresses: [String]) async throws(RPCError) -> any RPCExchange {
    let client = clients.withLock { clients -> RPCClient in
      if let known = clients[addresses] { return known }
      if clients.count >= RPCClients.clientsMax { clients = [:] }
      let client = RPCClient(
        addresses, on: loop, dialer: dialer, configuration: configuration)
      clients[addresses] = client
      return client
    }
    return try await client.open(call)
  }
}
