/// Writes texts so that every reader of YAML, of version 1.1 or 1.2, reads the same text back.
enum YAMLScalar {
  /// Where a scalar stands decides what may stay without quotes.
  enum Context {
    /// The value of a key or an item on its own line.
    case block
    /// Between brackets or braces.
    case flow
    /// Before a colon.
    case key
  }

  /// On one line: without quotes where possible.
  static func text(_ text: String, in context: Context) -> String {
    if isPlain(text, in: context) { return text }
    let isSimple = text.unicodeScalars.allSatisfy { isPrintable($0) && $0 != "'" }
    let wantsEscapes = text.contains("\"") || text.contains("\\")
    return isSimple && wantsEscapes ? "'\(text)'" : quoted(text)
  }

  /// The lines of a literal block below a key, with its header first; nil when the text has one
  /// line or cannot stand in a block. Texts that end with empty lines cannot, since an empty line
  /// after the block would belong to them.
  static func block(_ text: String) -> (header: String, lines: [Substring])? {
    guard text.contains("\n"), let first = text.unicodeScalars.first, first != " ", first != "\n",
      text.unicodeScalars.allSatisfy({ isPrintable($0) || $0 == "\n" })
    else { return nil }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let isEnded = lines.last?.isEmpty ?? false
    if isEnded { lines.removeLast() }
    let isBlank = { (line: Substring) in line.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
    guard let last = lines.last, !isBlank(last),
      lines.allSatisfy({ $0.isEmpty || !isBlank($0) })
    else { return nil }
    return (isEnded ? "|" : "|-", lines)
  }

  private static func isPlain(_ text: String, in context: Context) -> Bool {
    guard isText(text, in: context), let first = text.unicodeScalars.first,
      let last = text.unicodeScalars.last, first != " ", last != " ", last != ":",
      text.unicodeScalars.allSatisfy(isPrintable), !text.contains("\t"),
      !text.contains(": "), !text.contains(" #"), !text.hasPrefix("---"), !text.hasPrefix("...")
    else { return false }
    if ",[]{}#&*!|>'\"%@`".unicodeScalars.contains(first) { return false }
    if "-?:".unicodeScalars.contains(first) {
      guard let second = text.unicodeScalars.dropFirst().first, second != " " else { return false }
    }
    if context == .block { return true }
    return !text.unicodeScalars.contains { ",[]{}?:".unicodeScalars.contains($0) }
  }

  /// Keys such as `on` are words of the language; quotes for YAML 1.1's sake would only puzzle.
  private static func isText(_ text: String, in context: Context) -> Bool {
    if CoreSchema.isTextEverywhere(text) { return true }
    return context == .key && Slug.isValid(text.lowercased()) && !CoreSchema.isNull(text)
      && text.lowercased() != "true" && text.lowercased() != "false"
  }

  /// What may stand in a document as it is; byte order marks may only stand at its start.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x20...0x7e: true
    case 0x2028, 0x2029, 0xfeff: false
    case 0xa0...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: true
    default: false
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      default:
        if isPrintable(scalar) {
          quoted.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
      }
    }
    return quoted + "\""
  }
}
