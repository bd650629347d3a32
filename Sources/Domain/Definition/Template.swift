/// A string with `${{ … }}` in it, as it was checked.
public struct Template: Hashable, Sendable {
  public enum Part: Hashable, Sendable {
    case text(String)
    case expression(Expression)
  }

  public var parts: [Part]

  public init(_ parts: [Part]) {
    self.parts = parts
  }

  /// A template without expressions.
  public init(text: String) {
    parts = text.isEmpty ? [] : [.text(text)]
  }
}

/// A value with templates at its string leaves: the body of a call, the arguments of a function.
///
/// A leaf that is one expression and nothing else keeps the type of its result; any other leaf
/// becomes a string. Substitution happens in values, never in JSON text.
public indirect enum ValueTemplate: Hashable, Sendable {
  case constant(Value)
  case template(Template)
  case array([ValueTemplate])
  case object(SortedMap<String, ValueTemplate>)
}
