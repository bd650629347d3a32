public import Domain

/// A definition made ready for deciding: tasks by number, needs and dependants as numbers.
///
/// Made once per version and shared by its runs; every look-up that a decision needs is O(1).
public struct Plan: Sendable {
  public struct Node: Sendable {
    public let definition: TaskDefinition
    public let isFinally: Bool
    public let needs: [(node: Int, outcome: Need.Outcome)]
    public internal(set) var dependants: [Int]
    /// Whether another task's expressions read this task's outputs, so that they stay in memory.
    public internal(set) var areOutputsRead: Bool
    /// The tasks that its expressions name.
    public let references: [(name: TaskName, node: Int)]
    /// Whether rendering its work can fail, and so is tried before it is offered.
    public let hasExpressions: Bool
    /// What is the same for every attempt; nil when it depends on the run.
    let fixedWork: RenderedWork?
  }

  public let version: VersionID
  public let definition: WorkflowDefinition
  /// Main tasks in the order of their names, then finally tasks in theirs.
  public let nodes: [Node]
  public let mainCount: Int
  let names: SortedMap<TaskName, Int>

  public init(_ definition: WorkflowDefinition, version: VersionID) {
    self.definition = definition
    self.version = version
    mainCount = definition.tasks.count
    let tasks = definition.tasks + definition.finally
    let names = SortedMap(tasks.enumerated().map { ($1.name, $0) })
    self.names = names
    var nodes = tasks.enumerated().map { index, task in
      let references = task.references.compactMap { name in
        names[name].map { (name: name, node: $0) }
      }
      return Node(
        definition: task, isFinally: index >= definition.tasks.count,
        needs: task.needs.compactMap { need in
          names[need.task].map { (node: $0, outcome: need.outcome) }
        },
        dependants: [], areOutputsRead: false, references: references,
        hasExpressions: task.hasExpressions,
        fixedWork: task.hasExpressions
          ? nil : try? RenderedWork(task, in: EvaluationScope()))
    }
    for index in nodes.indices {
      for need in nodes[index].needs { nodes[need.node].dependants.append(index) }
      for reference in nodes[index].references { nodes[reference.node].areOutputsRead = true }
    }
    self.nodes = nodes
  }

  /// The order of an attempt that needs to know nothing of its run but who it is; nil for others.
  public func fixedOrder(
    _ attempt: AttemptID, namespace: NamespaceName, workflow: WorkflowName
  ) -> AttemptOrder? {
    guard let number = node(named: attempt.task.name), let work = nodes[number].fixedWork,
      nodes[number].definition.files.isEmpty
    else { return nil }
    return AttemptOrder(
      attempt, namespace: namespace, workflow: workflow, nodes[number].definition, work, files: [])
  }

  public func node(named name: TaskName) -> Int? { names[name] }

  /// Up to `limit` tasks in the order of their names, behind `after`.
  public func nodes(after: TaskName?, limit: Int) -> ArraySlice<Int> {
    var start = after.map(names.lowerBound) ?? 0
    if start < names.count, names.keys[start] == after { start += 1 }
    return names.values[start..<start + min(names.count - start, limit)]
  }
}

extension TaskDefinition {
  /// Every expression that the scheduler evaluates for this task, the condition included.
  var expressions: [Expression] {
    var found: [Expression] = []
    if let condition { found.append(condition) }
    if let forEach { found.append(forEach.items) }
    return found + workExpressions
  }

  var hasExpressions: Bool { !workExpressions.isEmpty }

  private var workExpressions: [Expression] {
    var found = environment.values.flatMap(\.expressions)
    switch work {
    case .run(let argv):
      found += argv.flatMap(\.expressions)
    case .script:
      break
    case .http(let call):
      found += call.url.expressions
      found += call.headers.values.flatMap(\.expressions)
      if let body = call.body { found += body.expressions }
    case .call(_, let arguments):
      found += arguments.values.flatMap(\.expressions)
    }
    return found
  }

  /// The tasks that its expressions name.
  var references: SortedSet<TaskName> {
    SortedSet(expressions.flatMap { $0.references.members })
  }
}
