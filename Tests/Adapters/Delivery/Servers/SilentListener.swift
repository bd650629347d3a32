import Glibc
import TestSupport

/// A socket that listens on every address of this machine, takes nobody, and tells afterwards
/// whether anybody came.
final class SilentListener {
  let port: Int
  private let descriptor: Int32

  init() throws {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | 0o4000, 0)
    self.descriptor = descriptor
    var off: Int32 = 0
    setsockopt(
      descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    let isListening = bound == 0 && listen(descriptor, 512) == 0
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    port = Int(UInt16(bigEndian: address.sin6_port))
    try expect(isListening, "the listener does not listen")
  }

  deinit { close(descriptor) }

  /// Connections that were made so far.
  func visitors() -> Int {
    var count = 0
    while true {
      let visitor = accept(descriptor, nil, nil)
      if visitor < 0 { return count }
      close(visitor)
      count += 1
    }
  }
}
