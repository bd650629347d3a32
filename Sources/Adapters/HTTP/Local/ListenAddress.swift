internal import Domain
internal import Ports
internal import SystemAdapter

/// The address that a server was told to listen at: `host:port`.
enum ListenAddress {
  private static let lookUpWithin = Duration.seconds(5)

  static func resolve(
    _ text: String, with resolver: AddressResolver
  ) async throws(HTTPError) -> SocketAddress {
    guard let colon = text.lastIndex(of: ":"),
      let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
    else { throw .unreachable("\(text) is not an address: write host:port") }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    // Names that every machine knows need no look-up, and mean the same address everywhere.
    if host == "localhost" { host = "127.0.0.1" }
    if host.isEmpty || host == "*" { host = "0.0.0.0" }
    let deadline = ProcessClock.uptime() + lookUpWithin
    let found = try await resolver.resolve(host, port: port, until: deadline)
    guard let first = found.first else { throw .unreachable("\(host) has no address") }
    return first
  }
}
