internal import Glibc

/// The numbers of the system's errors.
enum SystemMessage {
  static func isBlocked(_ code: Int32) -> Bool {
    code == EAGAIN || code == EWOULDBLOCK
  }

  static func isAddressInUse(_ code: Int32) -> Bool {
    code == EADDRINUSE
  }

  /// Whether the process or the machine has no descriptors or memory left for a connection.
  static func isExhausted(_ code: Int32) -> Bool {
    code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
  }

  static func text(_ code: Int32) -> String {
    var text = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
