/// Comments, strings and regular expressions.
extension Tokenizer {
  mutating func scanSlash() {
    switch byte(at: position + 1) {
    case UInt8(ascii: "/"): scanLineComment()
    case UInt8(ascii: "*"): scanBlockComment()
    default:
      if let end = regexEnd() {
        position = end
        append(.regex, from: end, isTextKept: false)
      } else {
        scanSymbol(withDots: false)
      }
    }
  }

  private mutating func scanLineComment() {
    let isDocumentation = byte(at: position + 2) == UInt8(ascii: "/")
    let start = position + (isDocumentation ? 3 : 2)
    while position < bytes.count, kind(at: position) != .newline { position += 1 }
    append(comment: start, position, isDocumentation: isDocumentation)
  }

  private mutating func scanBlockComment() {
    let isDocumentation = byte(at: position + 2) == UInt8(ascii: "*")
    var depth = 0
    var start = position + 2
    while position < bytes.count {
      let pair = (byte(at: position), byte(at: position + 1))
      switch pair {
      case (UInt8(ascii: "/"), UInt8(ascii: "*")):
        depth += 1
        position += 2
      case (UInt8(ascii: "*"), UInt8(ascii: "/")):
        depth -= 1
        position += 2
        guard depth > 0 else {
          append(comment: start, position - 2, isDocumentation: isDocumentation)
          return
        }
      case (UInt8(ascii: "\n"), _):
        append(comment: start, position, isDocumentation: isDocumentation)
        skipNewline()
        start = position
      default: position += 1
      }
    }
  }

  /// The end of a bare `/…/`, when a value may stand here and the line has a closing slash.
  private func regexEnd() -> Int? {
    if let last = tokens.last {
      let mayPrecede =
        last.kind == .symbol || ["(", "[", "{", ",", ":", ";"].contains(last.text)
        || ["return", "case", "in"].contains(last.text)
      guard mayPrecede else { return nil }
    }
    var place = position + 1
    guard kind(at: place) != .space else { return nil }
    while kind(at: place) != .newline {
      switch byte(at: place) {
      case UInt8(ascii: "\\"): place += 2
      case UInt8(ascii: "/"): return place + 1
      default: place += 1
      }
    }
    return nil
  }

  /// `#"…"#`, `#/…/#`, or a directive such as `#if`.
  mutating func scanHash() {
    var hashes = 0
    while kind(at: position + hashes) == .hash { hashes += 1 }
    switch kind(at: position + hashes) {
    case .quote:
      position += hashes
      scanString(hashes: hashes)
    case .slash:
      position += hashes + 1
      skipExtendedRegex(hashes)
    default:
      scanRun(.word) { $0 == .word || $0 == .digit }
    }
  }

  private mutating func skipExtendedRegex(_ hashes: Int) {
    append(.regex, from: position, isTextKept: false)
    while position < bytes.count {
      if kind(at: position) == .slash, hasHashes(hashes, at: position + 1) {
        position += 1 + hashes
        return
      }
      if kind(at: position) == .newline { skipNewline() } else { position += 1 }
    }
  }

  private func hasHashes(_ count: Int, at place: Int) -> Bool {
    (0..<count).allSatisfy { kind(at: place + $0) == .hash }
  }

  private func isTripleQuote(_ place: Int) -> Bool {
    (0..<3).allSatisfy { kind(at: place + $0) == .quote && place + $0 < bytes.count }
  }

  /// Whether the quote here opens a literal of several lines: nothing else may follow on its line.
  private func opensBlock() -> Bool {
    guard isTripleQuote(position) else { return false }
    var place = position + 3
    while kind(at: place) == .space { place += 1 }
    return kind(at: place) == .newline
  }

  /// Reads a string from its opening quote on; the code of its interpolations becomes tokens.
  mutating func scanString(hashes: Int) {
    let isBlock = opensBlock()
    append(.string, from: position, isTextKept: false)
    position += isBlock ? 3 : 1
    while position < bytes.count {
      switch kind(at: position) {
      case .newline:
        guard isBlock else { return }
        skipNewline()
      case .quote:
        if !isBlock || isTripleQuote(position) {
          let length = isBlock ? 3 : 1
          if hasHashes(hashes, at: position + length) {
            position += length + hashes
            return
          }
        }
        position += 1
      case .other where bytes[position] == UInt8(ascii: "\\"):
        scanEscape(hashes)
      default: position += 1
      }
    }
  }

  private mutating func scanEscape(_ hashes: Int) {
    guard hasHashes(hashes, at: position + 1) else {
      position += 1
      return
    }
    position += 1 + hashes
    guard position < bytes.count else { return }
    if bytes[position] == UInt8(ascii: "(") {
      scanOne()
      scanCode(isInterpolation: true)
    } else if kind(at: position) == .newline {
      skipNewline()
    } else {
      position += 1
    }
  }
}
