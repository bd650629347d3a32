/// The graph of a workflow's tasks for people: what `millrace graph` prints.
public struct WorkflowGraph: Hashable, Sendable {
  /// Tasks that could start together: each needs only tasks of earlier layers.
  public let layers: [[TaskName]]
  /// The same for the tasks under `finally`, which start after all others.
  public let finalLayers: [[TaskName]]
  private let definition: WorkflowDefinition

  public init(of definition: WorkflowDefinition) {
    self.definition = definition
    layers = WorkflowGraph.layers(of: definition.tasks)
    finalLayers = WorkflowGraph.layers(of: definition.finally)
  }

  private static func layers(of tasks: [TaskDefinition]) -> [[TaskName]] {
    let graph = TaskGraph(of: tasks)
    var layers: [[TaskName]] = []
    for place in graph.readingOrder where graph.depths[place] > 0 {
      while layers.count < graph.depths[place] { layers.append([]) }
      layers[graph.depths[place] - 1].append(tasks[place].name)
    }
    return layers
  }

  /// One line per task, layer by layer.
  public var text: String {
    let tasks = definition.tasks + definition.finally
    let width = tasks.map(\.name.text.utf8.count).max() ?? 0
    var lines = ["\(definition.namespace)/\(definition.name)"]
    let all =
      layers.enumerated().map { ("\($0 + 1)", $1) }
      + finalLayers.map { ("finally", $0) }
    let byName = SortedMap(tasks.map { ($0.name, $0) })
    for (title, names) in all {
      for (place, name) in names.enumerated() {
        guard let task = byName[name] else { continue }
        let head = place == 0 ? title : ""
        let line = "  \(padded(head, 8))\(padded(name.text, width + 2))\(notes(on: task))"
        lines.append(String(line.reversed().drop { $0 == " " }.reversed()))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  private func notes(on task: TaskDefinition) -> String {
    var notes: [String] = []
    if !task.needs.isEmpty {
      let needs = task.needs.map { need in
        need.outcome == .success ? need.task.text : "\(need.task) (\(need.outcome.rawValue))"
      }
      notes.append("after " + needs.joined(separator: ", "))
    }
    if let condition = task.condition { notes.append("if \(condition.source)") }
    if let forEach = task.forEach {
      let items = forEach.items.literalItems.map { "\($0.count) items" } ?? forEach.items.source
      notes.append("for each of \(items)")
    }
    return notes.joined(separator: "; ")
  }

  /// A flowchart for Mermaid, as Markdown readers draw it.
  public var mermaid: String {
    var lines = ["flowchart LR"]
    for task in definition.tasks {
      lines.append("  \(node(task.name))[\(label(of: task))]")
      for need in task.needs {
        let arrow = need.outcome == .success ? "-->" : "-. \(need.outcome.rawValue) .->"
        lines.append("  \(node(need.task)) \(arrow) \(node(task.name))")
      }
    }
    if !definition.finally.isEmpty {
      lines.append("  subgraph finally")
      for task in definition.finally {
        lines.append("    \(node(task.name))[\(label(of: task))]")
      }
      for task in definition.finally {
        for need in task.needs {
          let arrow = need.outcome == .success ? "-->" : "-. \(need.outcome.rawValue) .->"
          lines.append("    \(node(need.task)) \(arrow) \(node(task.name))")
        }
      }
      lines.append("  end")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A prefix keeps words that Mermaid takes for its own, such as `end`, from being names.
  private func node(_ name: TaskName) -> String { "t_\(name)" }

  private func label(of task: TaskDefinition) -> String {
    "\"\(task.name)\(task.forEach == nil ? "" : " ×n")\""
  }

  /// A digraph for Graphviz.
  public var dot: String {
    var lines = ["digraph \"\(definition.name)\" {", "  rankdir=LR;", "  node [shape=box];"]
    for task in definition.tasks { lines += dotLines(of: task, indent: "  ") }
    if !definition.finally.isEmpty {
      lines.append("  subgraph cluster_finally {")
      lines.append("    label=\"finally\";")
      for task in definition.finally { lines += dotLines(of: task, indent: "    ") }
      lines.append("  }")
    }
    lines.append("}")
    return lines.joined(separator: "\n") + "\n"
  }

  private func dotLines(of task: TaskDefinition, indent: String) -> [String] {
    let shape = task.forEach == nil ? "" : " [peripheries=2]"
    return ["\(indent)\"\(task.name)\"\(shape);"]
      + task.needs.map { need in
        let style =
          need.outcome == .success ? "" : " [style=dashed, label=\"\(need.outcome.rawValue)\"]"
        return "\(indent)\"\(need.task)\" -> \"\(task.name)\"\(style);"
      }
  }
}
