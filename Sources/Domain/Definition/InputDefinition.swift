/// One input of a workflow: what a caller may pass and what holds when nothing is passed.
public struct InputDefinition: Hashable, Sendable {
  public var type: ValueType
  /// Nil means that the caller must pass a value.
  public var fallback: Value?
  /// For strings: the whole value must match.
  public var pattern: Pattern?
  /// When not empty, the value must be one of these.
  public var choices: [Value]
  public var description: String

  public init(
    type: ValueType, fallback: Value? = nil, pattern: Pattern? = nil, choices: [Value] = [],
    description: String = ""
  ) {
    self.type = type
    self.fallback = fallback
    self.pattern = pattern
    self.choices = choices
    self.description = description
  }
}

/// The type of a value, as far as definitions state it.
public indirect enum ValueType: Hashable, Sendable {
  case boolean
  case integer
  /// Whole or decimal.
  case number
  case string
  case array(of: ValueType)
  /// Nil means that any member may occur and each is `any`.
  case object(SortedMap<String, ValueType>?)
  /// Not known before the run: checked when it is used.
  case any
}
