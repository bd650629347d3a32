/// A string with `${{ … }}` in it, as it was checked.
///
/// Parsing makes no empty text and no two texts in a row: equal sources are equal templates.
public struct Template: Hashable, Sendable {
  public enum Part: Hashable, Sendable {
    case text(String)
    case expression(Expression)
    /// Filled in by the worker alone.
    case secret(SecretName)
  }

  public var parts: [Part]

  public init(_ parts: [Part]) {
    self.parts = parts
  }

  /// A template without expressions.
  public init(text: String) {
    parts = text.isEmpty ? [] : [.text(text)]
  }

  public var expressions: [Expression] {
    parts.compactMap { part in
      if case .expression(let expression) = part { expression } else { nil }
    }
  }

  public var secrets: SortedSet<SecretName> {
    SortedSet(
      parts.compactMap { part in
        if case .secret(let name) = part { name } else { nil }
      })
  }

  /// The expression, when the template is one expression and nothing else.
  public var soleExpression: Expression? {
    guard parts.count == 1, case .expression(let expression)? = parts.first else { return nil }
    return expression
  }

  /// The text that parses to this template: `${{` within text is written `$${{`.
  public var source: String {
    var source = ""
    for part in parts {
      switch part {
      case .text(let text):
        source += TemplateScanner.escaped(text)
      case .expression(let expression):
        // A dollar right before would make the expression a text. Parsing never yields that.
        if source.utf8.last == UInt8(ascii: "$") { source = source.dropLast() + "${{ '$' }}" }
        source += "${{ \(expression.source) }}"
      case .secret(let name):
        if source.utf8.last == UInt8(ascii: "$") { source = source.dropLast() + "${{ '$' }}" }
        source += "${{ secrets.\(name) }}"
      }
    }
    return source
  }
}
