public import Domain

/// Which part of a run somebody wants to be run again.
public struct RerunOrder: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case all, failed, from, only
  }

  public static let tasksMax = 1_000

  public var mode: Mode
  /// Of `from` and `only`: where.
  public var tasks: [String]
  /// Tasks whose dependants shall go on without them.
  public var skipped: [String]
  /// Whether the newest version of the workflow is taken instead of the run's own.
  public var isLatest: Bool
  public var reason: String

  public init(
    _ mode: Mode, tasks: [String] = [], skipped: [String] = [], isLatest: Bool = false,
    reason: String = ""
  ) {
    self.mode = mode
    self.tasks = tasks
    self.skipped = skipped
    self.isLatest = isLatest
    self.reason = reason
  }

  /// What is wrong with the order itself or with it on this definition, and how to put it right.
  public func fault(on definition: WorkflowDefinition) -> String? {
    switch mode {
    case .from where tasks.isEmpty, .only where tasks.isEmpty:
      return "mode '\(mode.rawValue)' needs 'tasks'"
    case .all where !tasks.isEmpty, .failed where !tasks.isEmpty:
      return "mode '\(mode.rawValue)' takes no 'tasks'; modes 'from' and 'only' do"
    case .all, .failed, .from, .only:
      break
    }
    if tasks.count > RerunOrder.tasksMax || skipped.count > RerunOrder.tasksMax {
      return "at most \(RerunOrder.tasksMax) tasks can be named"
    }
    let names = (definition.tasks + definition.finally).map(\.name.text)
    let known = SortedSet(names)
    for task in tasks + skipped where !known.contains(task) {
      let near = NearestMatch.of(task, among: names).map { "; did you mean '\($0)'?" } ?? ""
      return "the workflow has no task '\(task.prefix(80))'\(near)"
    }
    if let both = tasks.first(where: skipped.contains) {
      return "'\(both)' cannot both be run and be skipped"
    }
    return nil
  }
}
