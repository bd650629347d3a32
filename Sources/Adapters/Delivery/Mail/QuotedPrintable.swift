/// The quoted-printable encoding of RFC 2045 §6.7: readable lines of at most 76 columns in ASCII.
enum QuotedPrintable {
  /// Line breaks of any kind become CRLF, and the text ends in one.
  static func text(_ text: String) -> String {
    lines(of: text).map { encoded($0) }.joined()
  }

  private static func lines(of text: String) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var line: [UInt8] = []
    var wasReturn = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\r"):
        lines.append(line)
        line = []
      case UInt8(ascii: "\n"):
        if !wasReturn {
          lines.append(line)
          line = []
        }
      default:
        line.append(byte)
      }
      wasReturn = byte == UInt8(ascii: "\r")
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  private static func encoded(_ line: [UInt8]) -> String {
    var result: [UInt8] = []
    var column = 0
    for (place, byte) in line.enumerated() {
      let isLast = place == line.count - 1
      let isRisky = byte == UInt8(ascii: ".") || line[place...].starts(with: "From ".utf8)
      let piece = encoded(byte, isKept: column > 0 || !isRisky, isLast: isLast)
      // One column stays free for the soft break.
      if column + piece.count > (isLast ? 76 : 75) {
        result += Array("=\r\n".utf8)
        column = 0
        let again = encoded(byte, isKept: !isRisky, isLast: isLast)
        result += again
        column = again.count
      } else {
        result += piece
        column += piece.count
      }
    }
    return String(decoding: result, as: UTF8.self) + "\r\n"
  }

  /// Blanks at the end get lost on the way; a dot or `From ` at the start means something to some
  /// servers, and is not kept as it is.
  private static func encoded(_ byte: UInt8, isKept: Bool, isLast: Bool) -> [UInt8] {
    let isBlank = byte == 0x20 || byte == 0x09
    let isPlain =
      (isBlank && !isLast) || ((0x21...0x7e).contains(byte) && byte != UInt8(ascii: "="))
    if isPlain, isKept { return [byte] }
    let digits = Array("0123456789ABCDEF".utf8)
    return [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
