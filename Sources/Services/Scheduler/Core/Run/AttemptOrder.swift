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
  /// Where its program runs; nil for the worker itself.
  public var container: TaskContainer?
  public var environment: SortedMap<String, String>
  public var secretEnvironment: SortedMap<String, SecretText> = [:]
  public var outputs: SortedMap<String, ValueType>
  public var limits: TimeLimits
  public var artifacts: [ArtifactRule] = []
  public var files: [FileOrder] = []

  init(
    _ attempt: AttemptID, namespace: NamespaceName, workflow: WorkflowName,
    _ definition: TaskDefinition, _ rendered: RenderedWork, files: [FileOrder]
  ) {
    self.attempt = attempt
    self.namespace = namespace
    self.workflow = workflow
    work = rendered.work
    container = definition.container
    var environment = rendered.environment
    environment["MILLRACE_RUN"] = attempt.run.text
    environment["MILLRACE_TASK"] = attempt.task.description
    environment["MILLRACE_ATTEMPT"] = attempt.fence.description
    environment["MILLRACE_TASK_KEY"] = "\(attempt.run)/\(attempt.task)"
    environment["MILLRACE_WORKFLOW"] = workflow.text
    environment["MILLRACE_NAMESPACE"] = namespace.text
    self.environment = environment
    secretEnvironment = rendered.secretEnvironment
    outputs = definition.outputs
    limits = definition.limits
    artifacts = definition.artifacts
    self.files = files
  }
}
