/// What is known, before any run, of the things that an expression may name.
public struct ExpressionContext: Hashable, Sendable {
  public var inputs: SortedMap<String, ValueType>
  /// The outputs of each task that may be named: those that the task needs, directly or through
  /// others. The outputs of a `forEach` task are arrays.
  public var tasks: SortedMap<TaskName, SortedMap<String, ValueType>>
  /// The type of `item`; nil where there is none.
  public var item: ValueType?
  /// Whether `index` may be named.
  public var hasIndex: Bool
  /// Whether `run.outcome` may be named: in `finally` tasks only.
  public var hasRunOutcome: Bool

  public init(
    inputs: SortedMap<String, ValueType> = [:],
    tasks: SortedMap<TaskName, SortedMap<String, ValueType>> = [:],
    item: ValueType? = nil, hasIndex: Bool = false, hasRunOutcome: Bool = false
  ) {
    self.inputs = inputs
    self.tasks = tasks
    self.item = item
    self.hasIndex = hasIndex
    self.hasRunOutcome = hasRunOutcome
  }

  /// The members of `run`.
  var run: SortedMap<String, ValueType> {
    var members: SortedMap<String, ValueType> = [
      "id": .string, "namespace": .string, "workflow": .string,
    ]
    if hasRunOutcome { members["outcome"] = .string }
    return members
  }
}

/// Why a text is no expression, or none that fits its place.
public struct ExpressionFault: Error, Hashable, Sendable {
  /// A stable word, listed in `docs/expressions.md`.
  public var code: String
  public var message: String
  /// How to mend it; empty when the message says it all.
  public var hint: String
  /// In Unicode scalars from the start of the text that was given.
  public var offset: Int

  public init(code: String, message: String, hint: String, offset: Int) {
    self.code = code
    self.message = message
    self.hint = hint
    self.offset = offset
  }

  /// The same, in a text in which the given one starts after `count` scalars.
  func shifted(by count: Int) -> ExpressionFault {
    ExpressionFault(code: code, message: message, hint: hint, offset: offset + count)
  }
}
