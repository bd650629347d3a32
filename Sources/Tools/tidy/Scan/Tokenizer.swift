/// Cuts Swift text into tokens and comments.
///
/// Knows just enough of the language that comments and literals never look like code, while the
/// code inside `\(…)` still does. Never traps: text that is not Swift gives odd tokens.
struct Tokenizer {
  let bytes: [UInt8]
  let classes = ByteClass.table
  var position = 0
  var line = 1
  private(set) var tokens: [Token] = []
  private(set) var comments: [Comment] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func scan(_ bytes: [UInt8]) -> (tokens: [Token], comments: [Comment]) {
    var tokenizer = Tokenizer(bytes)
    tokenizer.scanCode(isInterpolation: false)
    return (tokenizer.tokens, tokenizer.comments)
  }

  /// Reads to the end, or past the bracket that closes an interpolation.
  mutating func scanCode(isInterpolation: Bool) {
    var depth = 0
    while position < bytes.count {
      switch classes[Int(bytes[position])] {
      case .space, .other: position += 1
      case .newline: skipNewline()
      case .word: scanRun(.word) { $0 == .word || $0 == .digit }
      case .digit: scanNumber()
      case .quote: scanString(hashes: 0)
      case .hash: scanHash()
      case .backTick: scanQuotedName()
      case .slash: scanSlash()
      case .dot: scanDot()
      case .symbol: scanSymbol(withDots: false)
      case .mark: scanOne()
      case .open:
        depth += 1
        scanOne()
      case .close:
        depth -= 1
        scanOne()
        if isInterpolation, depth < 0 { return }
      }
    }
  }

  func byte(at place: Int) -> UInt8 { place < bytes.count ? bytes[place] : 0 }

  func kind(at place: Int) -> ByteClass {
    place < bytes.count ? classes[Int(bytes[place])] : .newline
  }

  mutating func skipNewline() {
    position += 1
    line += 1
  }

  mutating func append(_ kind: Token.Kind, from start: Int, isTextKept: Bool = true) {
    let before = start > 0 ? self.kind(at: start - 1) : .space
    tokens.append(
      Token(
        kind: kind, text: isTextKept ? text(start, position) : "", line: line,
        hasSpaceBefore: before == .space || before == .newline))
  }

  mutating func append(comment start: Int, _ end: Int, isDocumentation: Bool) {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    let trimmed = bytes[min(start, end)..<end].drop(while: isBlank)
    let last = trimmed.lastIndex { !isBlank($0) } ?? trimmed.startIndex - 1
    comments.append(
      Comment(
        text: text(trimmed.startIndex, last + 1), line: line, isDocumentation: isDocumentation))
  }

  private func text(_ start: Int, _ end: Int) -> String {
    String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
  }

  mutating func scanOne() {
    position += 1
    append(.punctuation, from: position - 1)
  }

  mutating func scanRun(_ kind: Token.Kind, while isMember: (ByteClass) -> Bool) {
    let start = position
    repeat { position += 1 } while position < bytes.count && isMember(self.kind(at: position))
    append(kind, from: start)
  }

  private mutating func scanNumber() {
    let start = position
    while position < bytes.count {
      let next = kind(at: position)
      let isFraction = next == .dot && kind(at: position + 1) == .digit
      guard next == .word || next == .digit || isFraction else { break }
      position += 1
    }
    append(.number, from: start)
  }

  /// A name in back-ticks may hold spaces: `a sentence`.
  private mutating func scanQuotedName() {
    let start = position
    repeat {
      position += 1
    } while kind(at: position) != .backTick
      && kind(at: position) != .newline
    if kind(at: position) == .backTick, position < bytes.count { position += 1 }
    append(.word, from: start)
  }

  private mutating func scanDot() {
    if kind(at: position + 1) == .dot { scanSymbol(withDots: true) } else { scanOne() }
  }

  mutating func scanSymbol(withDots: Bool) {
    let start = position
    while position < bytes.count {
      let next = kind(at: position)
      if next == .slash, position > start, isCommentStart(position) { break }
      guard next == .symbol || next == .slash || (withDots && next == .dot) else { break }
      position += 1
    }
    append(.symbol, from: start)
  }

  func isCommentStart(_ place: Int) -> Bool {
    let second = byte(at: place + 1)
    return second == UInt8(ascii: "/") || second == UInt8(ascii: "*")
  }
}
