internal import CLinux

/// An IP address and a port, as the system sees it: no spelling can hide what it is.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 bytes for IPv4, 16 for IPv6, in network order.
  public let ip: [UInt8]
  public let port: Int
  /// The interface of a link-local IPv6 address, or 0.
  private let scope: UInt32

  init(_ system: millrace_address) {
    ip = withUnsafeBytes(of: system.bytes) { Array($0.prefix(system.family == 4 ? 4 : 16)) }
    port = Int(system.port)
    scope = system.scope
  }

  /// Nil unless `host` is the text of an address: dotted quads and RFC 4291, nothing shortened.
  public init?(host: String, port: Int) {
    guard let port = UInt16(exactly: port) else { return nil }
    var system = millrace_address()
    guard millrace_address_parse(host, port, &system) == 1 else { return nil }
    self.init(system)
  }

  var system: millrace_address {
    var system = millrace_address()
    system.family = ip.count == 4 ? 4 : 6
    system.port = UInt16(truncatingIfNeeded: port)
    system.scope = scope
    withUnsafeMutableBytes(of: &system.bytes) { $0.copyBytes(from: ip) }
    return system
  }

  /// The address without the port.
  public var host: String {
    var system = system
    var text = [CChar](repeating: 0, count: 64)
    millrace_address_text(&system, &text, Int32(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// `host:port` or `[host]:port`.
  public var description: String {
    ip.count == 4 ? "\(host):\(port)" : "[\(host)]:\(port)"
  }
}
