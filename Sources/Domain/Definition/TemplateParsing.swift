extension Template {
  /// Reads a text with `${{ … }}` in it; a literal `${{` is written `$${{`.
  ///
  /// - Throws: a fault whose offset counts in the whole of `text`.
  public static func parse(_ text: String) throws(ExpressionFault) -> Template {
    try parse(text) { source throws(ExpressionFault) in try ExpressionParser.parse(source) }
  }

  /// As `parse(_:)`, and checks that every expression fits `context`.
  public static func parse(
    _ text: String, in context: ExpressionContext
  ) throws(ExpressionFault) -> Template {
    try parse(text) { source throws(ExpressionFault) in
      try ExpressionParser.parse(source, in: context).0
    }
  }

  private static func parse(
    _ text: String, reading read: (String) throws(ExpressionFault) -> Expression
  ) throws(ExpressionFault) -> Template {
    var scanner = TemplateScanner(text)
    var parts: [Part] = []
    while let piece = try scanner.next() {
      switch piece {
      case .text(let text):
        parts.append(.text(text))
      case .expression(let source, let offset):
        do {
          parts.append(.expression(try read(source)))
        } catch {
          throw error.shifted(by: offset)
        }
      }
    }
    return Template(parts)
  }
}

/// Cuts a text into what is literal and what stands between `${{` and `}}`.
struct TemplateScanner {
  enum Piece: Hashable {
    case text(String)
    /// With the offset of its first scalar after the braces.
    case expression(String, offset: Int)
  }

  private let scalars: [Unicode.Scalar]
  private var place = 0

  private static let opening = Array("${{".unicodeScalars)
  private static let closing = Array("}}".unicodeScalars)
  private static let escape = Array("$${{".unicodeScalars)

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  static func escaped(_ text: String) -> String {
    let parts = ByteSearch("${{").parts(of: Array(text.utf8))
    return String(decoding: Array(parts.joined(separator: Array("$${{".utf8))), as: UTF8.self)
  }

  /// Nil at the end.
  mutating func next() throws(ExpressionFault) -> Piece? {
    var text = String.UnicodeScalarView()
    while place < scalars.count {
      if stands(TemplateScanner.escape) {
        text.append(contentsOf: TemplateScanner.opening)
        place += TemplateScanner.escape.count
      } else if stands(TemplateScanner.opening) {
        return try text.isEmpty ? expression() : .text(String(text))
      } else {
        text.append(scalars[place])
        place += 1
      }
    }
    return text.isEmpty ? nil : .text(String(text))
  }

  private mutating func expression() throws(ExpressionFault) -> Piece {
    let opening = place
    let start = opening + TemplateScanner.opening.count
    var quote: Int?
    place = start
    while place < scalars.count {
      if quote == nil, stands(TemplateScanner.closing) {
        let source = String(String.UnicodeScalarView(scalars[start..<place]))
        place += TemplateScanner.closing.count
        return .expression(source, offset: start)
      }
      if scalars[place] == "'" { quote = quote == nil ? place : nil }
      place += 1
    }
    if let quote {
      throw ExpressionFault(
        code: "expression-syntax", message: "a string within an expression does not end",
        hint: "close it with '; a quote within a string is written ''", offset: quote)
    }
    throw ExpressionFault(
      code: "unclosed-expression", message: "'${{' is not closed",
      hint: "close it with }}, or write $${{ for the characters themselves", offset: opening)
  }

  private func stands(_ word: [Unicode.Scalar]) -> Bool {
    scalars.count - place >= word.count && scalars[place..<(place + word.count)] == word[...]
  }
}
