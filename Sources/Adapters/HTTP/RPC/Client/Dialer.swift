internal import CLinux
internal import Domain
internal import Ports
internal import SystemAdapter

/// Makes connections to `host:port`.
struct Dialer: Sendable {
  let loop: EventLoop
  let resolver: AddressResolver
  /// Nil for connections in the clear.
  var keeper: TLSKeeper?
  let scratch = LoopScratch()

  /// Tries one address of the host after the other.
  ///
  /// - Throws: `.unreachable` with what the last one said.
  func connect(to address: String, until deadline: Uptime) async throws(HTTPError) -> SocketChannel
  {
    let url = try HTTPURL("http://\(address)/")
    let found = try await resolver.resolve(url.host, port: url.port, until: deadline)
    var failure = HTTPError.unreachable("\(address) has no address")
    for address in found {
      do throws(HTTPError) {
        return try await connect(to: address, host: url.host, until: deadline)
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private func connect(
    to address: SocketAddress, host: String, until deadline: Uptime
  ) async throws(HTTPError) -> SocketChannel {
    var system = address.system
    let descriptor = millrace_connect(&system)
    guard descriptor >= 0 else { throw .unreachable(SystemMessage.text(-descriptor)) }
    let channel = try SocketChannel(descriptor, on: loop, scratch: scratch, isConnected: false)
    do throws(HTTPError) {
      try await channel.connected(until: deadline)
      if let keeper { try await secure(channel, by: keeper, host: host, until: deadline) }
      return channel
    } catch {
      channel.close()
      throw error
    }
  }

  private func secure(
    _ channel: SocketChannel, by keeper: TLSKeeper, host: String, until deadline: Uptime
  ) async throws(HTTPError) {
    guard let session = TLSSession(keeper.context(.client), host: host) else {
      throw .unreachable("\(host) is no name that a certificate could have")
    }
    try await channel.secure(session, until: deadline)
    guard session.agreedProtocol == "h2" else {
      throw .unreachable("the other side does not speak HTTP/2")
    }
  }
}
