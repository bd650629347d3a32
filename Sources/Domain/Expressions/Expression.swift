/// A checked expression: total, typed and without side effects.
///
/// Made by `ExpressionParser` from the text between `${{` and `}}`; evaluated by
/// `ExpressionEvaluator` against an `EvaluationScope`, within fuel and output limits.
public struct Expression: Hashable, Sendable {
  /// The text as the author wrote it, without the braces, trimmed.
  public var source: String
  public var root: ExpressionNode

  public init(source: String, root: ExpressionNode) {
    self.source = source
    self.root = root
  }
}

/// The facts that an expression may read.
public struct EvaluationScope: Hashable, Sendable {
  /// What is known of another task that has ended.
  public struct TaskFacts: Hashable, Sendable {
    public var outcome: TaskOutcome
    /// An object; for a `forEach` task each member is the array of its instances' values.
    public var outputs: SortedMap<String, Value>

    public init(outcome: TaskOutcome, outputs: SortedMap<String, Value> = [:]) {
      self.outcome = outcome
      self.outputs = outputs
    }
  }

  public var inputs: SortedMap<String, Value>
  /// At least the tasks that the expression names.
  public var tasks: SortedMap<TaskName, TaskFacts>
  /// The item and its place, in an instance of a `forEach` task.
  public var item: Value?
  public var index: Int?
  /// `run.id`, `run.workflow`, `run.namespace`, and in `finally` tasks `run.outcome`.
  public var run: SortedMap<String, Value>

  public init(
    inputs: SortedMap<String, Value> = [:], tasks: SortedMap<TaskName, TaskFacts> = [:],
    item: Value? = nil, index: Int? = nil, run: SortedMap<String, Value> = [:]
  ) {
    self.inputs = inputs
    self.tasks = tasks
    self.item = item
    self.index = index
    self.run = run
  }
}

/// Why an expression had no value. An answer for the user, never a trap.
public struct EvaluationFailure: Error, Hashable, Sendable {
  /// A stable word such as `index-out-of-range`, `overflow`, `fuel-exhausted`.
  public var code: String
  public var message: String

  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}
