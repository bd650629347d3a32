/// A word of an expression and where it starts, in Unicode scalars.
struct ExpressionToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case name(String)
    /// As it was written, without a sign.
    case number(String)
    case string(String)
    case symbol(String)
    case end
  }

  var kind: Kind
  var offset: Int
  /// The offset after its last scalar.
  var end: Int

  /// What messages call it.
  var text: String {
    switch kind {
    case .name(let name): "'\(name)'"
    case .number(let text): "'\(text)'"
    case .string: "a string"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end"
    }
  }
}

/// Cuts an expression into tokens.
struct ExpressionLexer {
  private let scalars: [Unicode.Scalar]
  private var place = 0

  private static let pairs = ["<=", ">=", "==", "!=", "&&", "||", "??"]
  private static let singles = "()[],.!-+*/%<>?:"

  init(_ source: String) {
    scalars = Array(source.unicodeScalars)
  }

  /// Ends with one `end` token.
  mutating func tokens() throws(ExpressionFault) -> [ExpressionToken] {
    var tokens: [ExpressionToken] = []
    while true {
      while let next = peek(), next.isExpressionBlank { place += 1 }
      let start = place
      let kind = try kind()
      tokens.append(ExpressionToken(kind: kind, offset: start, end: place))
      if kind == .end { return tokens }
    }
  }

  private mutating func kind() throws(ExpressionFault) -> ExpressionToken.Kind {
    guard let next = peek() else { return .end }
    if next.isNameStart { return .name(name()) }
    if next.isDigit { return .number(try number()) }
    if next == "'" { return .string(try string()) }
    let pair = String(String.UnicodeScalarView(scalars[place...].prefix(2)))
    if ExpressionLexer.pairs.contains(pair) {
      place += 2
      return .symbol(pair)
    }
    guard ExpressionLexer.singles.unicodeScalars.contains(next) else { throw unexpected(next) }
    place += 1
    return .symbol(String(next))
  }

  /// A minus within is part of the name, a minus at its end is not.
  private mutating func name() -> String {
    let start = place
    while let next = peek(), next.isNameStart || next.isDigit || next == "-" { place += 1 }
    while scalars[place - 1] == "-" { place -= 1 }
    return text(from: start)
  }

  private mutating func number() throws(ExpressionFault) -> String {
    let start = place
    skipDigits()
    if peek() == ".", peek(1)?.isDigit == true {
      place += 1
      skipDigits()
    }
    if peek() == "e" || peek() == "E" {
      place += 1
      if peek() == "+" || peek() == "-" { place += 1 }
      skipDigits()
    }
    if let next = peek(), next.isNameStart {
      throw fault(
        "a number runs into a name", hint: "put an operator or a blank between them", at: start)
    }
    return text(from: start)
  }

  private mutating func skipDigits() {
    while peek()?.isDigit == true { place += 1 }
  }

  private mutating func string() throws(ExpressionFault) -> String {
    let start = place
    place += 1
    var text = String.UnicodeScalarView()
    while let next = peek() {
      place += 1
      guard next == "'" else {
        text.append(next)
        continue
      }
      guard peek() == "'" else { return String(text) }
      place += 1
      text.append("'")
    }
    throw fault(
      "a string does not end", hint: "close it with '; a quote within a string is written ''",
      at: start)
  }

  private func unexpected(_ scalar: Unicode.Scalar) -> ExpressionFault {
    let hint =
      switch scalar {
      case "\"": "strings stand in single quotes"
      case "=": "to compare, write =="
      case "&": "write && for 'and'"
      case "|": "write || for 'or'"
      case "{", "}": "objects cannot be written; pass one as an input or use fromJson('{…}')"
      case "$": "names need no $: write inputs.x"
      default: "see docs/expressions.md for the grammar"
      }
    let shown =
      scalar.properties.isDefaultIgnorableCodePoint || scalar.value < 0x20
      ? "U+" + String(scalar.value, radix: 16, uppercase: true) : String(scalar)
    return fault("unexpected character '\(shown)'", hint: hint, at: place)
  }

  private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    place + distance < scalars.count ? scalars[place + distance] : nil
  }

  private func text(from start: Int) -> String {
    String(String.UnicodeScalarView(scalars[start..<place]))
  }

  private func fault(_ message: String, hint: String, at offset: Int) -> ExpressionFault {
    ExpressionFault(code: "expression-syntax", message: message, hint: hint, offset: offset)
  }
}

extension Unicode.Scalar {
  var isExpressionBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
  fileprivate var isNameStart: Bool {
    ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "_"
  }
}
