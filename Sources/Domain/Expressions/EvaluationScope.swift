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

/// What one evaluation may cost. A template counts as one evaluation.
public struct EvaluationLimits: Hashable, Sendable {
  /// Steps: one for each node of the tree, and in functions and comparisons one for every 64 bytes
  /// or 8 items they touch.
  public var fuelMax: Int
  /// Bytes of the result as canonical JSON; of a template, of the rendered text.
  public var outputBytesMax: Int
  /// How deep the tree and the result may nest.
  public var depthMax: Int

  public init(
    fuelMax: Int = 100_000, outputBytesMax: Int = 64 << 10,
    depthMax: Int = ExpressionParser.depthMax
  ) {
    self.fuelMax = fuelMax
    self.outputBytesMax = outputBytesMax
    self.depthMax = depthMax
  }

  /// For the list of a `forEach`, which may have 100,000 items.
  public static let forEachList = EvaluationLimits(fuelMax: 1_000_000, outputBytesMax: 4 << 20)
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
