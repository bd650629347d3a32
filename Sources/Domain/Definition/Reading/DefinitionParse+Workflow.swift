// How the whole is read: the head of the workflow, then all tasks in two passes.

extension DefinitionParse {
  mutating func workflow(_ root: SourceCursor) -> WorkflowDefinition? {
    guard !root.isNull else {
      report(
        Fault(
          "empty-document", "the document is empty", hint: "describe a workflow: 'id' and 'tasks'"),
        at: root)
      return nil
    }
    guard let map = map(root, .workflow) else { return nil }
    refuseUnsupported(map, engine.refusedWorkflowKeys)
    if let version = map["version"] { judgeVersion(version) }
    if map["id"] == nil { missing("id", in: root, "name the workflow, such as id: build") }
    let name = map["id"].flatMap { self.name($0, WorkflowName.self) }
    let namespace =
      map["namespace"].map { self.name($0, NamespaceName.self) } ?? NamespaceName.default
    var workflow = WorkflowDefinition(
      namespace: namespace ?? .default, name: name ?? WorkflowName(unchecked: "unnamed"))
    if let description = map["description"] {
      workflow.description = text(description, bytesMax: limits.descriptionBytesMax) ?? ""
    }
    if let labels = map["labels"] { workflow.labels = self.labels(labels) }
    if let inputs = map["inputs"] { workflow.inputs = self.inputs(inputs) }
    if let declared = map["secrets"] {
      secrets = self.secrets(declared)
      workflow.secrets = secrets
    }
    if let timeout = map["timeout"] { workflow.timeout = durationSetting(timeout)?.length }
    let scope = ExpressionScope(
      context: ExpressionContext(inputs: workflow.inputs.mapValues(\.type)))
    if let concurrency = map["concurrency"] {
      workflow.concurrency = self.concurrency(concurrency, in: scope)
    }
    if let priority = map["priority"].flatMap({ word($0, Priority.self) }) {
      workflow.priority = priority
    }
    if let notify = map["notify"] { workflow.notify = notifications(notify) }
    let defaults = map["defaults"].map { taskDefaults($0, in: scope) } ?? TaskDefaults()
    readTasks(map, defaults: defaults, in: scope, into: &workflow)
    if let declared = map["secrets"], !findings.hasErrors { judgeUse(of: declared, by: workflow) }
    return workflow
  }

  private mutating func judgeVersion(_ cursor: SourceCursor) {
    guard let text = text(cursor), text != "1" else { return }
    report(
      Fault(
        "unsupported-version", "version \(text.prefix(20)) of the language is not known",
        hint: "write version: 1"),
      at: cursor)
  }

  /// Keys that the language has and the engine does not carry out are refused, never ignored.
  private mutating func refuseUnsupported(_ map: SourceCursor, _ keys: [String]) {
    for key in keys {
      guard let value = map[key] else { continue }
      report(
        Fault(
          "unsupported-key", "'\(key)' is not supported by this version of Millrace",
          hint: "remove it; it would have no effect"),
        at: value.ownerPosition, of: value)
    }
  }

  private mutating func taskDefaults(
    _ cursor: SourceCursor, in scope: ExpressionScope
  ) -> TaskDefaults {
    var defaults = TaskDefaults()
    guard let map = map(cursor, .defaults) else { return defaults }
    if let pool = map["pool"].flatMap({ name($0, PoolName.self) }) { defaults.pool = pool }
    if let timeout = map["timeout"] { defaults.limits = timeLimits(timeout, over: defaults.limits) }
    if let retry = map["retry"] { defaults.retry = self.retry(retry, over: defaults.retry) }
    if let env = map["env"] { defaults.environment = environment(env, over: [:], in: scope) }
    return defaults
  }

  private mutating func readTasks(
    _ map: SourceCursor, defaults: TaskDefaults, in scope: ExpressionScope,
    into workflow: inout WorkflowDefinition
  ) {
    guard let tasks = map["tasks"] else {
      missing("tasks", in: map, "describe at least one task below 'tasks:'")
      return
    }
    let main = readOutlines(tasks, isFinal: false, besides: [])
    if main.isEmpty, tasks.members?.isEmpty ?? false {
      report(
        Fault("missing-key", "'tasks' has no task", hint: "describe at least one task"),
        at: tasks.ownerPosition, of: tasks)
    }
    let final = map["finally"].map { readOutlines($0, isFinal: true, besides: main) } ?? []
    outlines = link(main + final)
    for (place, outline) in outlines.tasks.enumerated() {
      guard let task = task(outline, at: place, defaults: defaults, in: scope) else { continue }
      if outline.isFinal { workflow.finally.append(task) } else { workflow.tasks.append(task) }
    }
    workflow.tasks.sort { $0.name < $1.name }
    workflow.finally.sort { $0.name < $1.name }
  }
}

extension DefinitionParse {
  private mutating func task(
    _ outline: TaskOutline, at place: Int, defaults: TaskDefaults, in workflow: ExpressionScope
  ) -> TaskDefinition? {
    let cursor = outline.cursor
    refuseUnsupported(cursor, engine.refusedTaskKeys)
    var scope = workflow
    scope.task = place
    scope.context.hasRunOutcome = outline.isFinal
    let condition = cursor["if"].flatMap { self.condition($0, in: scope) }
    let forEach = forEach(cursor, in: &scope)
    let needsNoWork = cursor["approval"] != nil
    guard let work = needsNoWork ? nil : work(cursor, in: scope) else { return nil }
    var task = TaskDefinition(
      name: outline.name, needs: outline.needs, condition: condition, forEach: forEach, work: work,
      pool: defaults.pool, environment: defaults.environment, limits: defaults.limits,
      retry: defaults.retry, outputs: outline.outputs)
    if let pool = cursor["pool"].flatMap({ name($0, PoolName.self) }) { task.pool = pool }
    if let env = cursor["env"] {
      task.environment = environment(env, over: defaults.environment, in: scope)
    }
    if let timeout = cursor["timeout"] { task.limits = timeLimits(timeout, over: defaults.limits) }
    if let retry = cursor["retry"] { task.retry = self.retry(retry, over: defaults.retry) }
    task.container = container(cursor, of: work)
    readFiles(cursor, at: place, in: scope, into: &task)
    return task
  }

  private mutating func condition(
    _ cursor: SourceCursor, in scope: ExpressionScope
  ) -> Expression? {
    guard let (expression, type) = expression(cursor, in: scope) else { return nil }
    if ValueType.boolean.admits(type) { return expression }
    report(
      Fault(
        "type-mismatch", "the condition is \(type.text) and must be true or false",
        hint: "compare it with something, such as \(expression.source.prefix(40)) != ''"),
      at: cursor)
    return nil
  }

  /// Reads `forEach` and `maxParallel`, and opens `item` and `index` to the rest of the task.
  private mutating func forEach(
    _ task: SourceCursor, in scope: inout ExpressionScope
  ) -> ForEach? {
    let parallel = task["maxParallel"].flatMap { integer($0, in: 1...limits.itemsMax) }
    guard let cursor = task["forEach"] else {
      if let parallel = task["maxParallel"] {
        conflict(parallel, with: "a task without 'forEach'", hint: "add 'forEach' or remove it")
      }
      return nil
    }
    scope.context.hasIndex = true
    scope.context.item = .any
    guard
      let (items, type) = cursor.items == nil
        ? expression(cursor, in: outside(scope)) : literalItems(cursor)
    else { return nil }
    switch type {
    case .array(let element):
      scope.context.item = element
    case .any:
      break
    case .boolean, .integer, .number, .string, .object:
      report(
        Fault(
          "type-mismatch", "'forEach' wants an array and gets \(type.text)",
          hint: "name an array, or write the items as a list"),
        at: cursor)
      return nil
    }
    return ForEach(items: items, maxParallel: parallel)
  }

  /// The list itself cannot name the item.
  private func outside(_ scope: ExpressionScope) -> ExpressionScope {
    var outside = scope
    outside.context.item = nil
    outside.context.hasIndex = false
    return outside
  }

  /// Items that are written out are a constant; they hold no expressions.
  private mutating func literalItems(_ cursor: SourceCursor) -> (Expression, ValueType)? {
    let items = list(cursor, of: "items", max: limits.itemsMax)
    for item in items { judgeWeight(item) }
    let values = items.map { value($0) }
    guard !values.contains(nil) else { return nil }
    let array = Value.array(values.compactMap { $0 })
    let source = array.json
    if let item = items.first(where: { $0.holdsExpression }) {
      report(
        Fault(
          "expression-in-list", "expressions are not replaced in a list of items",
          hint: "make the whole list one expression: forEach: \"${{ [inputs.a, 'b'] }}\""),
        at: item)
      return nil
    }
    let expression = Expression(source: source, root: ExpressionNode(.literal(array), at: 0))
    do {
      return (expression, try ExpressionParser.check(expression, in: ExpressionContext()))
    } catch {
      report(Fault(error.code, error.message, hint: error.hint), at: cursor)
      return nil
    }
  }

  /// Whether the task at `task` may name `name` in its expressions.
  mutating func visibility(of name: TaskName, from task: Int?) -> TaskVisibility {
    guard let task else {
      return .fault(
        Fault(
          "task-not-needed", "'\(name)' cannot be named outside of tasks",
          hint: "use inputs and run here"))
    }
    guard let other = outlines.place(of: name) else {
      let near = suggestion(for: name.text, among: outlines.tasks.lazy.map(\.name.text))
      return .fault(
        Fault(
          "unknown-task", "there is no task '\(name)'",
          hint: near.map { "did you mean '\($0)'?" } ?? "write the task, or remove the name"))
    }
    let outline = outlines.tasks[other]
    let isAfter = outlines.tasks[task].isFinal && !outline.isFinal
    if isAfter || outlines.isAncestor(other, of: task) {
      return .visible(outputs: outline.visibleOutputs)
    }
    if other == task {
      return .fault(
        Fault("task-not-needed", "a task cannot name itself", hint: "use item, index or inputs"))
    }
    let hint =
      outline.isFinal && !outlines.tasks[task].isFinal
      ? "finally tasks start after all main tasks" : "add '\(name)' to the needs of this task"
    return .fault(
      Fault(
        "task-not-needed", "'\(name)' may not have ended when this is computed", hint: hint))
  }
}

extension SourceCursor {
  /// Whether any text in it holds `${{`.
  fileprivate var holdsExpression: Bool {
    if let scalar { return scalar.text.contains("${{") }
    return (items ?? []).contains(where: \.holdsExpression)
      || (members ?? []).contains { $0.value.holdsExpression }
  }
}
