/// What the first byte of a token says about it.
enum ByteClass: UInt8, Sendable {
  case space, newline, word, digit, quote, hash, backTick, slash, dot, symbol, open, close, mark
  case other

  /// The class of each byte. A table, because the tool runs unoptimised and must stay quick.
  static let table: [ByteClass] = (0...255).map { ByteClass(of: UInt8($0)) }

  private init(of byte: UInt8) {
    switch Unicode.Scalar(byte) {
    case " ", "\t", "\r": self = .space
    case "\n": self = .newline
    case "a"..."z", "A"..."Z", "_", "$": self = .word
    case "0"..."9": self = .digit
    case "\"": self = .quote
    case "#": self = .hash
    case "`": self = .backTick
    case "/": self = .slash
    case ".": self = .dot
    case "=", "-", "+", "!", "*", "%", "<", ">", "&", "|", "^", "~", "?": self = .symbol
    case "(", "[", "{": self = .open
    case ")", "]", "}": self = .close
    case ",", ";", ":", "@": self = .mark
    default: self = byte >= 0x80 ? .word : .other
    }
  }
}
