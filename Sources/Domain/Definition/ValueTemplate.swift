/// A value with templates at its string leaves: the body of a call, the arguments of a function.
///
/// A leaf that is one expression and nothing else keeps the type of its result; any other leaf
/// becomes a string. Substitution happens in values, never in JSON text. Parsing keeps what has no
/// expression in it as one constant.
public indirect enum ValueTemplate: Hashable, Sendable {
  case constant(Value)
  case template(Template)
  case array([ValueTemplate])
  case object(SortedMap<String, ValueTemplate>)
}

extension ValueTemplate {
  /// Reads the strings within `value` as templates. Names of members are never templates.
  ///
  /// - Throws: a fault whose offset counts in the string that is wrong.
  public static func parse(_ value: Value) throws(ExpressionFault) -> ValueTemplate {
    try parse(value) { text throws(ExpressionFault) in try Template.parse(text) }
  }

  /// As `parse(_:)`, and checks that every expression fits `context`.
  public static func parse(
    _ value: Value, in context: ExpressionContext
  ) throws(ExpressionFault) -> ValueTemplate {
    try parse(value) { text throws(ExpressionFault) in try Template.parse(text, in: context) }
  }

  /// The expressions in document order.
  public var expressions: [Expression] {
    switch self {
    case .constant: []
    case .template(let template): template.expressions
    case .array(let items): items.flatMap(\.expressions)
    case .object(let members): members.values.flatMap(\.expressions)
    }
  }

  /// The value that parses to this template.
  public var source: Value {
    switch self {
    case .constant(let value): ValueTemplate.escaped(value)
    case .template(let template): .string(template.source)
    case .array(let items): .array(items.map(\.source))
    case .object(let members): .object(members.mapValues(\.source))
    }
  }

  /// The value with every expression replaced by its result. `limits` hold for the whole.
  public func rendered(
    in scope: EvaluationScope, limits: EvaluationLimits = EvaluationLimits()
  ) throws(EvaluationFailure) -> Value {
    var evaluator = Evaluator(scope: scope, limits: limits)
    let value = try evaluator.value(of: self)
    guard !value.isDeeper(than: limits.depthMax) else { throw EvaluationFailure.tooDeep(limits) }
    guard value.weight(upTo: limits.outputBytesMax) <= limits.outputBytesMax else {
      throw EvaluationFailure.tooLarge(limits)
    }
    return value
  }

  private static func parse(
    _ value: Value, reading read: (String) throws(ExpressionFault) -> Template
  ) throws(ExpressionFault) -> ValueTemplate {
    switch value {
    case .null, .boolean, .integer, .decimal:
      return .constant(value)
    case .string(let text):
      let template = try read(text)
      return template.expressions.isEmpty
        ? .constant(.string(template.plainText)) : .template(template)
    case .array(let items):
      var parts: [ValueTemplate] = []
      for item in items { parts.append(try parse(item, reading: read)) }
      return combined(parts) ?? .array(parts)
    case .object(let members):
      var parts: [(String, ValueTemplate)] = []
      for (name, member) in members {
        guard !name.contains("${{") else {
          throw ExpressionFault(
            code: "expression-in-name", message: "the name '\(name)' holds an expression",
            hint: "only values may hold expressions", offset: 0)
        }
        parts.append((name, try parse(member, reading: read)))
      }
      return combined(SortedMap(parts)) ?? .object(SortedMap(parts))
    }
  }

  private static func combined(_ parts: [ValueTemplate]) -> ValueTemplate? {
    let values = parts.compactMap(\.constantValue)
    return values.count == parts.count ? .constant(.array(values)) : nil
  }

  private static func combined(_ parts: SortedMap<String, ValueTemplate>) -> ValueTemplate? {
    let values = SortedMap(parts.compactMap { name, part in part.constantValue.map { (name, $0) } })
    return values.count == parts.count ? .constant(.object(values)) : nil
  }

  private var constantValue: Value? {
    if case .constant(let value) = self { value } else { nil }
  }

  private static func escaped(_ value: Value) -> Value {
    switch value {
    case .null, .boolean, .integer, .decimal: value
    case .string(let text): .string(Template(text: text).source)
    case .array(let items): .array(items.map(escaped))
    case .object(let members): .object(members.mapValues(escaped))
    }
  }
}

extension Template {
  /// The text of a template without expressions.
  fileprivate var plainText: String {
    parts.map { part in if case .text(let text) = part { text } else { "" } }.joined()
  }
}

extension Evaluator {
  mutating func value(of template: ValueTemplate) throws(EvaluationFailure) -> Value {
    switch template {
    case .constant(let value):
      return value
    case .template(let template):
      if let expression = template.soleExpression { return try result(of: expression) }
      return .string(try text(of: template))
    case .array(let items):
      var values: [Value] = []
      for item in items { values.append(try value(of: item)) }
      return .array(values)
    case .object(let members):
      var pairs: [(String, Value)] = []
      for (name, member) in members { pairs.append((name, try value(of: member))) }
      return .object(SortedMap(pairs))
    }
  }
}
