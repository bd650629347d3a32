/// A task of a run, or one instance of a `forEach` task (`index` from 0).
public struct TaskKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var name: TaskName
  public var index: Int?

  public init(_ name: TaskName, index: Int? = nil) {
    self.name = name
    self.index = index
  }

  /// `test` or `test[3]`.
  public var description: String {
    index.map { "\(name)[\($0)]" } ?? name.text
  }

  /// Nil unless `text` is what `description` prints.
  public init?(text: some StringProtocol) {
    guard let bracket = text.firstIndex(of: "[") else {
      guard let name = TaskName(text) else { return nil }
      self.init(name)
      return
    }
    let digits = text[text.index(after: bracket)...].dropLast()
    guard text.last == "]", let name = TaskName(text[..<bracket]), let index = Int(digits),
      index >= 0, String(index) == digits
    else { return nil }
    self.init(name, index: index)
  }

  public static func < (left: TaskKey, right: TaskKey) -> Bool {
    left.name == right.name
      ? (left.index ?? -1) < (right.index ?? -1) : left.name < right.name
  }
}

/// Grows by one with every attempt of a task; only the newest counts. It is the number of the
/// attempt, the first being 1, and travels with every message about it.
public struct Fence: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var number: Int
  public init(_ number: Int) { self.number = number }
  public var description: String { String(number) }
  public var next: Fence { Fence(number + 1) }
  public static func < (left: Fence, right: Fence) -> Bool { left.number < right.number }
}

/// One try of one task: what a worker claims, runs and reports.
public struct AttemptID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var run: RunID
  public var task: TaskKey
  public var fence: Fence

  public init(run: RunID, task: TaskKey, fence: Fence) {
    self.run = run
    self.task = task
    self.fence = fence
  }

  /// `run_…/test[3]/2`: a key of rows and messages, and what users see in logs.
  public var description: String { "\(run)/\(task)/\(fence)" }

  /// Nil unless `text` is what `description` prints.
  public init?(text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, let run = RunID(text: parts[0]), let task = TaskKey(text: parts[1]),
      let number = Int(parts[2]), number > 0, String(number) == parts[2]
    else { return nil }
    self.init(run: run, task: task, fence: Fence(number))
  }

  public static func < (left: AttemptID, right: AttemptID) -> Bool {
    if left.run != right.run { return left.run < right.run }
    if left.task != right.task { return left.task < right.task }
    return left.fence < right.fence
  }
}
