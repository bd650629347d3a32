public import Contracts
public import Domain

/// What a row is called by several invariants.
extension TaskRecord {
  /// `run/name[index]`.
  public var place: String { index < 0 ? "\(run)/\(name)" : "\(run)/\(name)[\(index)]" }
  /// Of the attempt that the row is about now.
  public var attemptText: String? { attempt(fence)?.description }

  /// One of its attempts; nil for a row that cannot be understood.
  public func attempt(_ fence: Int64) -> AttemptID? {
    guard let run = RunID(text: run), let name = TaskName(name) else { return nil }
    let key = TaskKey(name, index: index < 0 ? nil : Int(clamping: index))
    return AttemptID(run: run, task: key, fence: Fence(Int(clamping: fence)))
  }
}

/// Definitions by version, as the workload knows them.
struct DefinitionShelf: Sendable {
  private var definitions: SortedMap<String, WorkflowDefinition> = [:]

  mutating func see(_ fact: Fact) {
    if case .defined(let definition, let version) = fact { definitions[version] = definition }
  }

  subscript(version: String) -> WorkflowDefinition? { definitions[version] }

  /// A task by the version of its run.
  func task(_ name: String, of version: String) -> TaskDefinition? {
    let definition = definitions[version]
    return definition?.tasks.first { $0.name.text == name }
      ?? definition?.finally.first { $0.name.text == name }
  }
}
