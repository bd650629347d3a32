public import Domain

/// What a worker is to do for an attempt, every value filled in.
public struct AttemptOrder: Hashable, Sendable {
  public enum Work: Hashable, Sendable {
    case run(argv: [String])
    case script(text: String, interpreter: [String])
    case http(HTTPOrder)
    case call(function: String, arguments: SortedMap<String, Value>)
  }

  public struct HTTPOrder: Hashable, Sendable {
    public var method: String
    public var url: String
    public var headers: SortedMap<String, String>
    public var secretHeaders: SortedMap<String, SecretText> = [:]
    public var body: Value?
    public var expect: [Int]
  }

  public var attempt: AttemptID
  public var namespace: NamespaceName
  public var workflow: WorkflowName
  public var work: Work
  public var environment: SortedMap<String, String>
  public var secretEnvironment: SortedMap<String, SecretText> = [:]
  public var outputs: SortedMap<String, ValueType>
  public var limits: TimeLimits
  public var artifacts: [ArtifactRule] = []
  public var files: [FileOrder] = []
}

extension RunMachine {
  /// Whether a result of the attempt would still change its task.
  public func isWaiting(for key: TaskKey, _ fence: Fence) -> Bool {
    guard run.phase != .quarantined, let place = place(of: key), let task = task(at: place) else {
      return false
    }
    guard task.fence == fence else { return task.fence < fence }
    switch task.phase {
    case .offered, .withdrawing, .stopping: return true
    case .waiting, .expanding, .ready, .backoff, .ended: return false
    }
  }

  /// The order of the newest attempt of an offered task; nil when it is not offered with this
  /// fence, or the run was set aside.
  public func order(_ key: TaskKey, _ fence: Fence) -> AttemptOrder? {
    guard run.phase != .quarantined, let place = place(of: key), let task = task(at: place),
      task.fence == fence, case .offered = task.phase
    else { return nil }
    // It was rendered before it was offered, from facts that cannot change.
    guard let (work, environment) = try? renderWork(of: place),
      let secretEnvironment = try? Self.secretTexts(
        plan.nodes[place.node].definition.environment, in: scope(of: place))
    else { return nil }
    let definition = plan.nodes[place.node].definition
    var full = environment
    full["MILLRACE_RUN"] = run.id.text
    full["MILLRACE_TASK"] = key.description
    full["MILLRACE_ATTEMPT"] = fence.description
    full["MILLRACE_TASK_KEY"] = "\(run.id)/\(key)"
    full["MILLRACE_WORKFLOW"] = run.workflow.text
    full["MILLRACE_NAMESPACE"] = run.namespace.text
    return AttemptOrder(
      attempt: AttemptID(run: run.id, task: key, fence: fence), namespace: run.namespace,
      workflow: run.workflow, work: work, environment: full,
      secretEnvironment: secretEnvironment, outputs: definition.outputs,
      limits: definition.limits, artifacts: definition.artifacts,
      files: definition.files.map(fileOrder))
  }

  private func fileOrder(_ rule: FileRule) -> FileOrder {
    switch rule.source {
    case .artifact(let task, let name):
      let keeper = plan.node(named: task).flatMap { tasks[$0].keptFrom }
      return FileOrder(.artifact(task, name: name, of: keeper), to: rule.to)
    case .input(let name):
      // Inputs were bound by their types: one that a file names is a string.
      guard case .string(let id)? = run.inputs[name] else { return FileOrder(.id(""), to: rule.to) }
      return FileOrder(.id(id), to: rule.to)
    }
  }

  func renderWork(
    of place: TaskPlace
  ) throws(EvaluationFailure) -> (AttemptOrder.Work, SortedMap<String, String>) {
    let definition = plan.nodes[place.node].definition
    let scope = scope(of: place)
    let work: AttemptOrder.Work
    switch definition.work {
    case .run(let argv):
      var rendered: [String] = []
      for part in argv { rendered.append(try Self.argument(part, in: scope)) }
      work = .run(argv: rendered)
    case .script(let text, let interpreter):
      work = .script(text: text, interpreter: interpreter)
    case .http(let call):
      work = .http(
        AttemptOrder.HTTPOrder(
          method: call.method, url: try Self.argument(call.url, in: scope),
          headers: try Self.rendered(call.headers, in: scope),
          secretHeaders: try Self.secretTexts(call.headers, in: scope),
          body: try call.body?.rendered(in: scope),
          expect: call.expect))
    case .call(let function, let arguments):
      var values: [(String, Value)] = []
      for (name, template) in arguments {
        values.append((name, try template.rendered(in: scope)))
      }
      work = .call(function: function, arguments: SortedMap(values))
    }
    return (work, try Self.rendered(definition.environment, in: scope))
  }

  private static func rendered(
    _ templates: SortedMap<String, Template>, in scope: EvaluationScope
  ) throws(EvaluationFailure) -> SortedMap<String, String> {
    var texts: [(String, String)] = []
    for (name, template) in templates where template.secrets.isEmpty {
      texts.append((name, try argument(template, in: scope)))
    }
    return SortedMap(texts)
  }

  /// Those with secrets in them, which nobody here knows.
  private static func secretTexts(
    _ templates: SortedMap<String, Template>, in scope: EvaluationScope
  ) throws(EvaluationFailure) -> SortedMap<String, SecretText> {
    var texts: [(String, SecretText)] = []
    for (name, template) in templates where !template.secrets.isEmpty {
      texts.append((name, try template.secretText(in: scope)))
    }
    return SortedMap(texts)
  }

  /// Arguments and environment end at a NUL, so that one inside would silently cut the value.
  private static func argument(
    _ template: Template, in scope: EvaluationScope
  ) throws(EvaluationFailure) -> String {
    let text = try template.rendered(in: scope)
    guard !text.utf8.contains(0) else {
      throw EvaluationFailure(code: "nul-in-text", message: "a value contains a NUL character")
    }
    return text
  }
}
