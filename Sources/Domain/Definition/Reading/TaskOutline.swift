/// What must be known of every task before the expressions of any can be judged.
struct TaskOutline {
  var name: TaskName
  var cursor: SourceCursor
  /// Whether it stands under `finally`.
  var isFinal: Bool
  var needs: [Need] = []
  /// Where each need stands.
  var needCursors: [SourceCursor] = []
  var outputs: SortedMap<String, ValueType> = [:]
  var isForEach: Bool

  /// The outputs as others see them: of a `forEach` task the arrays of its instances' values.
  var visibleOutputs: SortedMap<String, ValueType> {
    isForEach ? outputs.mapValues { .array(of: $0) } : outputs
  }
}

/// All tasks of a definition and how they wait for each other.
struct TaskOutlines {
  private(set) var tasks: [TaskOutline]
  private let places: [String: Int]
  let graph: TaskGraph
  /// Made when the first expression names a task that is not needed directly.
  private lazy var ancestry = TaskAncestry(of: graph)

  init(_ tasks: [TaskOutline], graph: TaskGraph, places: [String: Int]) {
    self.tasks = tasks
    self.graph = graph
    self.places = places
  }

  static let none = TaskOutlines([], graph: TaskGraph(needs: []), places: [:])

  func place(of name: TaskName) -> Int? { places[name.text] }

  mutating func isAncestor(_ other: Int, of task: Int) -> Bool {
    if graph.needs[task].contains(other) { return true }
    // Tasks on a cycle have no ancestry; the cycle is reported, and one finding is enough.
    return !graph.isAcyclic || ancestry.contains(other, of: task)
  }
}

/// Whether an expression may name a task.
enum TaskVisibility {
  case visible(outputs: SortedMap<String, ValueType>)
  case fault(Fault)
}

extension DefinitionParse {
  /// Reads the names, needs and outputs of all tasks.
  mutating func readOutlines(
    _ cursor: SourceCursor, isFinal: Bool, besides others: [TaskOutline]
  ) -> [TaskOutline] {
    let noun = isFinal ? "finally tasks" : "tasks"
    var outlines: [TaskOutline] = []
    for (key, value) in entries(cursor, of: noun, max: max(0, limits.tasksMax - others.count)) {
      let name: TaskName? = name(key, "a task", at: value.ownerPosition, of: value)
      guard let name, let task = map(value, .task) else { continue }
      var outline = TaskOutline(
        name: name, cursor: task, isFinal: isFinal, isForEach: task["forEach"] != nil)
      if let outputs = task["outputs"] { outline.outputs = self.outputs(outputs) }
      if let needs = task["needs"] { readNeeds(needs, into: &outline) }
      outlines.append(outline)
    }
    return outlines
  }

  /// `[a, b]`, or `{a: any}` where the outcome matters.
  private mutating func readNeeds(_ cursor: SourceCursor, into outline: inout TaskOutline) {
    if let members = cursor.members {
      for (key, value) in members {
        let name: TaskName? = name(key, "a task", at: value.ownerPosition, of: value)
        let outcome = word(value, Need.Outcome.self)
        if let name, let outcome { add(Need(name, outcome), at: value, to: &outline) }
      }
    } else if let items = cursor.items {
      for item in items {
        if let name = name(item, TaskName.self) { add(Need(name), at: item, to: &outline) }
      }
    } else {
      wrongType(
        cursor, wanted: "a list or a map of tasks",
        hint: "write [\(cursor.isNull ? "a" : cursor.scalar?.text.prefix(63) ?? "a")], "
          + "or {name: any} to wait for any outcome")
    }
  }

  private mutating func add(_ need: Need, at cursor: SourceCursor, to outline: inout TaskOutline) {
    outline.needs.append(need)
    outline.needCursors.append(cursor)
  }

  /// Finds the tasks behind the names in `needs` and judges the graph that they make.
  mutating func link(_ outlines: [TaskOutline]) -> TaskOutlines {
    var places: [String: Int] = [:]
    for (place, outline) in outlines.enumerated() {
      if places[outline.name.text] == nil {
        places[outline.name.text] = place
      } else {
        report(
          Fault(
            "duplicate-name", "a main task has the name '\(outline.name)' already",
            hint: "expressions name both kinds of tasks; give one another name"),
          at: outline.cursor.ownerPosition, of: outline.cursor)
      }
    }
    var edges = 0
    var linked: [TaskOutline] = []
    var needs: [[Int]] = []
    for (place, outline) in outlines.enumerated() {
      edges += outline.needs.count
      let (found, outline) = resolved(outline, at: place, places: places, among: outlines)
      needs.append(found)
      linked.append(outline)
    }
    if edges > limits.edgesMax {
      let cursor = linked[0].cursor
      report(
        Fault(
          "too-many", "the tasks have \(edges) needs; at most \(limits.edgesMax) are allowed",
          hint: "let one task gather many, and need that one"),
        at: cursor.ownerPosition, of: cursor)
    }
    let graph = TaskGraph(needs: needs)
    judge(graph, of: linked)
    return TaskOutlines(linked, graph: graph, places: places)
  }

  /// The numbers of the needed tasks, and the outline with sound needs only, sorted by name.
  private mutating func resolved(
    _ outline: TaskOutline, at place: Int, places: [String: Int], among all: [TaskOutline]
  ) -> ([Int], TaskOutline) {
    var found: [(need: Need, cursor: SourceCursor, place: Int)] = []
    var seen: Set<Int> = []
    for (need, cursor) in zip(outline.needs, outline.needCursors) {
      let other = places[need.task.text]
      if let fault = fault(of: need, from: outline, at: place, to: other, among: all) {
        report(fault, at: cursor.items == nil ? cursor.ownerPosition : cursor.position, of: cursor)
      } else if let other {
        if seen.insert(other).inserted {
          found.append((need, cursor, other))
        } else {
          report(
            Fault(
              "duplicate-name", "'\(need.task)' is needed twice", hint: "keep one of the two"),
            at: cursor)
        }
      }
    }
    found.sort { $0.need.task < $1.need.task }
    var outline = outline
    outline.needs = found.map(\.need)
    outline.needCursors = found.map(\.cursor)
    return (found.map(\.place), outline)
  }

  private mutating func fault(
    of need: Need, from outline: TaskOutline, at place: Int, to other: Int?,
    among all: [TaskOutline]
  ) -> Fault? {
    guard let other else { return unknownTask(need.task, isFinal: outline.isFinal, among: all) }
    if other == place {
      return Fault(
        "self-need", "the task '\(need.task)' needs itself", hint: "remove the name from its needs")
    }
    switch (outline.isFinal, all[other].isFinal) {
    case (false, true):
      return Fault(
        "finally-need", "a main task cannot wait for '\(need.task)', which is under 'finally'",
        hint: "finally tasks start after all main tasks; move one of the two")
    case (true, false):
      return Fault(
        "finally-need", "a finally task waits for all main tasks, '\(need.task)' included",
        hint: "remove the need; ask in 'if' how it ended: tasks.\(need.task).outcome")
    case (false, false), (true, true):
      return nil
    }
  }

  private mutating func unknownTask(
    _ name: TaskName, isFinal: Bool, among all: [TaskOutline]
  ) -> Fault {
    let names = all.lazy.filter { $0.isFinal == isFinal }.map(\.name.text)
    let near = suggestion(for: name.text, among: names)
    return Fault(
      "unknown-task", "there is no task '\(name)'",
      hint: near.map { "did you mean '\($0)'?" } ?? "write the task, or remove the name")
  }

  private static let cyclesReportedMax = 10

  private mutating func judge(_ graph: TaskGraph, of outlines: [TaskOutline]) {
    for cycle in graph.cycles(max: DefinitionParse.cyclesReportedMax) {
      guard let first = cycle.first, let next = cycle.dropFirst().first else { continue }
      let names = cycle.map { outlines[$0].name.text } + [outlines[first].name.text]
      let shown = names.count <= 20 ? names : Array(names.prefix(9) + ["…"] + names.suffix(9))
      let place = graph.needs[first].firstIndex(of: next)
      let cursor = place.map { outlines[first].needCursors[$0] } ?? outlines[first].cursor
      report(
        Fault(
          "cycle", "tasks wait for each other: \(shown.joined(separator: " → "))",
          hint: "remove one of these needs"),
        at: cursor.ownerPosition, of: cursor)
    }
    let deepest = graph.depths.indices.first { graph.depths[$0] > limits.depthMax }
    if let deepest {
      let cursor = outlines[deepest].cursor
      report(
        Fault(
          "graph-too-deep", "more than \(limits.depthMax) tasks wait for each other in a row",
          hint: "let one task do several steps"),
        at: cursor.ownerPosition, of: cursor)
    }
  }
}
