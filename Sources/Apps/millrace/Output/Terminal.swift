internal import Domain
internal import Glibc

/// The process's output: data on one descriptor, everything else on the other.
enum Terminal {
  /// Data that was asked for.
  static func write(_ text: String) { write(Array(text.utf8), to: 1) }

  /// Text that ends with one line break, whether it comes with it or not.
  static func line(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n") }

  /// Progress, hints and errors.
  static func note(_ text: String) { write(Array((text + "\n").utf8), to: 2) }

  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        // Whoever read has gone: there is nobody to tell.
        return
      }
      rest = rest.dropFirst(count)
    }
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// The size of the terminal on standard error, or what most have.
  static var size: (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// What a task printed, made harmless: control sequences could move the cursor, change the title
  /// or write what looks like another line.
  static func neutralised(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      let isControl =
        scalar.value < 0x20 && scalar.value != 0x09 || scalar.value == 0x7f
        || (0x80...0x9f).contains(scalar.value)
      if isControl {
        if scalar.value < 0x20 {
          result.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? scalar)
        }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
