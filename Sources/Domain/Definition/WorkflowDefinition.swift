/// A workflow as it was checked: names resolved, expressions typed, defaults filled in.
///
/// Made by `DefinitionReader` from a document and never by hand outside tests. Two definitions are
/// the same version when their `normalForm` is the same; the order of a file never matters.
public struct WorkflowDefinition: Hashable, Sendable {
  public var namespace: NamespaceName
  public var name: WorkflowName
  public var description: String
  public var labels: SortedMap<String, String>
  public var inputs: SortedMap<String, InputDefinition>
  /// What tasks may name in `env` and in headers; only these are ever given to a task.
  public var secrets: SortedSet<SecretName> = []
  /// How long a run may take from start to its last main task; nil means without limit.
  public var timeout: Duration?
  public var concurrency: ConcurrencyRule?
  /// Of its runs, unless a run is started with another.
  public var priority = Priority.normal
  /// In the order of their names.
  public var tasks: [TaskDefinition]
  /// Run after every main task has ended, whatever the outcome, unless the run was killed.
  public var finally: [TaskDefinition]
  public var notify: [NotifyRule]

  public init(
    namespace: NamespaceName, name: WorkflowName, description: String = "",
    labels: SortedMap<String, String> = [:], inputs: SortedMap<String, InputDefinition> = [:],
    timeout: Duration? = nil, concurrency: ConcurrencyRule? = nil, tasks: [TaskDefinition] = [],
    finally: [TaskDefinition] = [], notify: [NotifyRule] = []
  ) {
    self.namespace = namespace
    self.name = name
    self.description = description
    self.labels = labels
    self.inputs = inputs
    self.timeout = timeout
    self.concurrency = concurrency
    self.tasks = tasks
    self.finally = finally
    self.notify = notify
  }
}

extension WorkflowDefinition {
  /// The secrets that some task names.
  public var usedSecrets: SortedSet<SecretName> {
    SortedSet((tasks + finally).flatMap { $0.usedSecrets })
  }
}

extension TaskDefinition {
  /// The secrets that the task names.
  public var usedSecrets: SortedSet<SecretName> {
    var templates = environment.values
    if case .http(let call) = work { templates += call.headers.values }
    return SortedSet(templates.flatMap { $0.secrets })
  }
}

/// How many runs with the same key may run at once, and what happens to the next one.
public struct ConcurrencyRule: Hashable, Sendable {
  public enum OnLimit: String, Hashable, Sendable, CaseIterable {
    case queue, cancelRunning, cancelNew, skip
  }

  public var key: Template
  public var limit: Int
  public var onLimit: OnLimit

  public init(key: Template, limit: Int, onLimit: OnLimit = .queue) {
    self.key = key
    self.limit = limit
    self.onLimit = onLimit
  }
}

/// Whom to tell when a run ends in a certain way.
public struct NotifyRule: Hashable, Sendable {
  public enum Occasion: String, Hashable, Sendable, CaseIterable {
    case finished, failed, recovered
  }

  public var when: [Occasion]
  public var email: [String]
  public var webhook: String?

  public init(when: [Occasion], email: [String] = [], webhook: String? = nil) {
    self.when = when
    self.email = email
    self.webhook = webhook
  }
}
