public import Domain

/// A workflow of somebody who wants to know how it fares, with what is known of its tasks.
public struct UserWorkflow: Hashable, Sendable {
  /// In its normal form.
  public var document: Value
  public var hints: SortedMap<String, TaskHint> = [:]
  /// How often it is run in each world.
  public var runs = 5

  public init(_ document: Value) {
    self.document = document
  }

  /// How long attempts that hang may keep a run: until they are timed out, again and again.
  var hangingMax: Duration {
    let tasks = definition.map { $0.tasks + $0.finally } ?? []
    return tasks.reduce(.zero) { sum, task in
      guard let hint = hints[task.name.text], hint.hangsPercent > 0 else { return sum }
      let attempts =
        task.retry.attemptsMax(for: .failed(exitCode: nil)) + task.retry.attemptsMax(for: .lost)
      return sum + (task.limits.attempt ?? .seconds(86_400)) * attempts
    }
  }

  /// Nil when the document is no definition.
  var definition: WorkflowDefinition? { Definitions.read(document) }
}

/// What a task does, as far as its author says so.
public struct TaskHint: Hashable, Sendable {
  public enum Effect: String, Hashable, Sendable, CaseIterable {
    /// What it does outside must not be done twice.
    case once
    /// Doing it again changes nothing.
    case repeatable
    /// Nobody says: told, and not judged.
    case unknown
  }

  public var effect = Effect.unknown
  public var failsPercent = 3
  public var vanishesPercent = 1
  public var hangsPercent = 0
  public var shortest: Duration = .milliseconds(500)
  public var longest: Duration = .seconds(20)

  public init() {}
}

/// What is wrong with a hint, and how to mend it.
public struct HintError: Error, Hashable, Sendable {
  public var message: String
  public var hint: String
}

extension TaskHint {
  /// Reads `deploy effect=once lasts=1s..30s fails=5`.
  public static func read(_ text: String) throws(HintError) -> (task: String, hint: TaskHint) {
    var words = text.split(separator: " ").map(String.init)[...]
    guard let task = words.popFirst(), !task.contains("=") else {
      throw HintError(
        message: "'\(text)' names no task", hint: "write: deploy effect=once lasts=1s..30s fails=5")
    }
    var hint = TaskHint()
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw HintError(message: "'\(word)' has no value", hint: "write \(word)=…")
      }
      try hint.set(parts[0], parts[1])
    }
    guard hint.failsPercent + hint.vanishesPercent + hint.hangsPercent <= 100 else {
      throw HintError(
        message: "more than 100% of the attempts of \(task) go wrong",
        hint: "lower fails, vanishes or hangs")
    }
    return (task, hint)
  }

  private mutating func set(_ name: String, _ value: String) throws(HintError) {
    switch name {
    case "effect":
      guard let effect = Effect(rawValue: value) else {
        throw HintError(message: "effect is '\(value)'", hint: "once, repeatable or unknown")
      }
      self.effect = effect
    case "fails": failsPercent = try TaskHint.percent(name, value)
    case "vanishes": vanishesPercent = try TaskHint.percent(name, value)
    case "hangs": hangsPercent = try TaskHint.percent(name, value)
    case "lasts":
      let parts = value.replacing("..", with: " ").split(separator: " ").map {
        DurationText.duration($0)
      }
      guard let low = parts.first ?? nil, let high = parts.last ?? nil, parts.count <= 2,
        low <= high,
        high <= .seconds(86_400)
      else {
        throw HintError(
          message: "lasts is '\(value)'", hint: "a length or a range such as 1s..30s, up to 1d")
      }
      (shortest, longest) = (low, high)
    default:
      let known = ["effect", "fails", "vanishes", "hangs", "lasts"]
      throw HintError(
        message: "there is no hint '\(name)'",
        hint: NearestMatch.of(name, among: known).map { "did you mean \($0)?" }
          ?? "known are \(known.joined(separator: ", "))")
    }
  }

  private static func percent(_ name: String, _ value: String) throws(HintError) -> Int {
    guard let percent = Int(value), (0...100).contains(percent) else {
      throw HintError(message: "\(name) is '\(value)'", hint: "a number of percent, 0 to 100")
    }
    return percent
  }
}
