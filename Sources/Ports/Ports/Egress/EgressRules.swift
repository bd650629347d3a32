/// Where this installation sends to on behalf of its users. Judged for each connection on the
/// address that it is made to, so that no spelling of a name and no change of its resolution gets
/// around it.
public struct EgressRules: Hashable, Sendable {
  /// Ranges that are allowed although they are special.
  public var allowed: [AddressRange]
  /// Ports that may be connected to.
  public var ports: [ClosedRange<Int>]

  public init(allowed: [AddressRange] = [], ports: [ClosedRange<Int>] = [80...80, 443...443]) {
    self.allowed = allowed
    self.ports = ports
  }

  /// The public internet, on the ports of the web.
  public static let `public` = EgressRules()

  /// As `public`, and this machine itself on any port: for development only.
  public static let development = EgressRules(
    allowed: ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }, ports: [1...65_535])

  public func allows(_ address: IPAddress, port: Int) -> Bool {
    guard allows(port: port) else { return false }
    let address = address.unwrapped
    if allowed.contains(where: { $0.contains(address) }) { return true }
    return !EgressRules.special.contains { $0.contains(address) }
  }

  public func allows(port: Int) -> Bool { ports.contains { $0.contains(port) } }

  /// What is not the public internet: this host, private networks, links, clouds' metadata, tests,
  /// documentation, multicast, and IPv6 that carries IPv4 (IANA's special-purpose registries of
  /// RFC 6890, and RFC 3056, 6052, 8215, 9637).
  public static let special: [AddressRange] =
    [
      "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
      "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
      "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
      "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
      "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
      "fec0::/10", "ff00::/8",
    ].compactMap { AddressRange($0) }
}
