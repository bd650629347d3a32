/// One task of a workflow: when it may start, what it does, how it may fail.
public struct TaskDefinition: Hashable, Sendable {
  public var name: TaskName
  /// In the order of the names needed.
  public var needs: [Need]
  /// Must be true for the task to run; a task without one always runs.
  public var condition: Expression?
  public var forEach: ForEach?
  public var work: TaskWork
  /// Where its program runs; nil for the worker itself.
  public var container: TaskContainer?
  public var pool: PoolName
  public var environment: SortedMap<String, Template>
  public var limits: TimeLimits
  public var retry: RetryPolicy
  public var outputs: SortedMap<String, ValueType>
  public var artifacts: [ArtifactRule]
  /// In the order written.
  public var files: [FileRule]

  public init(
    name: TaskName, needs: [Need] = [], condition: Expression? = nil, forEach: ForEach? = nil,
    work: TaskWork, pool: PoolName = .default, environment: SortedMap<String, Template> = [:],
    limits: TimeLimits = TimeLimits(), retry: RetryPolicy = RetryPolicy(),
    outputs: SortedMap<String, ValueType> = [:], artifacts: [ArtifactRule] = [],
    files: [FileRule] = []
  ) {
    self.name = name
    self.needs = needs
    self.condition = condition
    self.forEach = forEach
    self.work = work
    self.pool = pool
    self.environment = environment
    self.limits = limits
    self.retry = retry
    self.outputs = outputs
    self.artifacts = artifacts
    self.files = files
  }
}

/// That another task must have ended, and how.
public struct Need: Hashable, Sendable {
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    /// Succeeded. The default: anything else skips the dependant.
    case success
    /// Failed, timed out or lost.
    case failed
    /// Ended after having run: succeeded, failed, timed out or lost.
    case done
    /// Ended in any way, skipped and cancelled included.
    case any
  }

  public var task: TaskName
  public var outcome: Outcome

  public init(_ task: TaskName, _ outcome: Outcome = .success) {
    self.task = task
    self.outcome = outcome
  }
}

/// The task runs once for each item of a list that is known when its needs are met.
public struct ForEach: Hashable, Sendable {
  public var items: Expression
  /// Instances in flight at once; nil means as many as the pool takes.
  public var maxParallel: Int?

  public init(items: Expression, maxParallel: Int? = nil) {
    self.items = items
    self.maxParallel = maxParallel
  }
}

/// What an attempt does.
public enum TaskWork: Hashable, Sendable {
  /// A program with its arguments, started without a shell.
  case run(argv: [Template])
  /// A text handed to an interpreter as a file. The text is never substituted into: values come in
  /// through the environment.
  case script(text: String, interpreter: [String])
  case http(HTTPWork)
  /// A function of the worker's own process.
  case call(function: String, arguments: SortedMap<String, ValueTemplate>)
}

/// An HTTP call and which answers count as success.
public struct HTTPWork: Hashable, Sendable {
  public var method: String
  public var url: Template
  public var headers: SortedMap<String, Template>
  public var body: ValueTemplate?
  /// Status codes that count as success.
  public var expect: [Int]

  public init(
    method: String, url: Template, headers: SortedMap<String, Template> = [:],
    body: ValueTemplate? = nil, expect: [Int] = [200]
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.expect = expect
  }
}

/// How long a task may wait, run and be silent; nil means without limit (`none` in the file).
public struct TimeLimits: Hashable, Sendable {
  /// From ready to claimed by a worker.
  public var queue: Duration?
  /// One attempt, from its start on the worker.
  public var attempt: Duration?
  /// From ready to the final outcome, all attempts and waits together.
  public var total: Duration?
  /// Silence of the task itself: no output and no progress.
  public var heartbeat: Duration?
  /// Between the polite signal and the kill when an attempt is stopped.
  public var grace: Duration

  public init(
    queue: Duration? = .seconds(24 * 3600), attempt: Duration? = .seconds(3600),
    total: Duration? = nil, heartbeat: Duration? = nil, grace: Duration = .seconds(10)
  ) {
    self.queue = queue
    self.attempt = attempt
    self.total = total
    self.heartbeat = heartbeat
    self.grace = grace
  }
}

/// Files that are kept after an attempt.
public struct ArtifactRule: Hashable, Sendable {
  public enum Occasion: String, Hashable, Sendable, CaseIterable {
    case always, success, failure
  }

  public var path: String
  public var name: String
  public var when: Occasion

  public init(path: String, name: String, when: Occasion = .always) {
    self.path = path
    self.name = name
    self.when = when
  }
}

/// Files that are brought into the task's folder before an attempt starts.
public struct FileRule: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// What the newest attempt of a task that is needed has kept under a name.
    case artifact(TaskName, name: String)
    /// The artifact whose id is the value of an input.
    case input(String)
  }

  public var source: Source
  /// Where it goes, below the task's folder: the file's own path, or with a slash at its end the
  /// folder that the files go into.
  public var to: String

  public init(_ source: Source, to: String) {
    self.source = source
    self.to = to
  }
}

/// A file rule with every value filled in.
public struct FileOrder: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// Of a task of the same run, or of an earlier run that this one took the task over from.
    case artifact(TaskName, name: String, of: RunID?)
    /// The id of an artifact, as somebody wrote it.
    case id(String)
  }

  public var source: Source
  public var to: String

  public init(_ source: Source, to: String) {
    self.source = source
    self.to = to
  }
}
