public import Domain

public enum ArchiveError: Error, Hashable, Sendable {
  /// Written or not; writing again is harmless.
  case outcomeUnknown
  case unavailable(String)
  case refused(String)
}

/// A run as history shows it.
public struct JobDocument: Hashable, Sendable {
  public var run: RunID
  public var namespace: NamespaceName
  public var workflow: WorkflowName
  public var version: VersionID
  /// Of what it says: a document with a higher one replaces it, a lower one is dropped.
  public var revision: Int64
  /// `queued`, `running`, …, the words of the API.
  public var state: String
  public var reason: Reason?
  public var labels: SortedMap<String, String>
  public var createdAt: Moment
  public var startedAt: Moment?
  public var endedAt: Moment?
  /// How many tasks there are in each state.
  public var counts: SortedMap<String, Int>

  public init(
    run: RunID, namespace: NamespaceName, workflow: WorkflowName, version: VersionID,
    revision: Int64, state: String, reason: Reason? = nil, labels: SortedMap<String, String> = [:],
    createdAt: Moment, startedAt: Moment? = nil, endedAt: Moment? = nil,
    counts: SortedMap<String, Int> = [:]
  ) {
    self.run = run
    self.namespace = namespace
    self.workflow = workflow
    self.version = version
    self.revision = revision
    self.state = state
    self.reason = reason
    self.labels = labels
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.counts = counts
  }
}

/// A task of a run as history shows it, one document each: no blob grows with the run.
public struct TaskDocument: Hashable, Sendable {
  public struct Attempt: Hashable, Sendable {
    public var fence: Fence
    public var worker: String
    public var state: String
    public var queuedAt: Moment?
    public var startedAt: Moment?
    public var endedAt: Moment?
    public var exitCode: Int?
    public var reason: Reason?
    /// Lines that its log has; nil when nobody knows.
    public var logLines: Int64?
    /// What it has used; nil when nobody measured it.
    public var usage: ResourceUsage?

    public init(
      fence: Fence, worker: String = "", state: String, queuedAt: Moment? = nil,
      startedAt: Moment? = nil, endedAt: Moment? = nil, exitCode: Int? = nil,
      reason: Reason? = nil, logLines: Int64? = nil, usage: ResourceUsage? = nil
    ) {
      self.fence = fence
      self.worker = worker
      self.state = state
      self.queuedAt = queuedAt
      self.startedAt = startedAt
      self.endedAt = endedAt
      self.exitCode = exitCode
      self.reason = reason
      self.logLines = logLines
      self.usage = usage
    }
  }

  public var run: RunID
  public var task: TaskKey
  public var revision: Int64
  public var state: String
  public var reason: Reason?
  public var attempts: [Attempt]
  public var outputs: SortedMap<String, Value>

  public init(
    run: RunID, task: TaskKey, revision: Int64, state: String, reason: Reason? = nil,
    attempts: [Attempt] = [], outputs: SortedMap<String, Value> = [:]
  ) {
    self.run = run
    self.task = task
    self.revision = revision
    self.state = state
    self.reason = reason
    self.attempts = attempts
    self.outputs = outputs
  }
}

/// Lines of one attempt, numbered without gaps from 0.
public struct LogChunk: Hashable, Sendable {
  public var attempt: AttemptID
  /// The number of the first line.
  public var first: Int64
  public var lines: [OutputLine]
  /// Nothing follows: the attempt's output is complete.
  public var isLast: Bool

  public init(attempt: AttemptID, first: Int64, lines: [OutputLine], isLast: Bool = false) {
    self.attempt = attempt
    self.first = first
    self.lines = lines
    self.isLast = isLast
  }
}

/// Which jobs to list, newest first.
public struct JobFilter: Hashable, Sendable {
  public var namespace: NamespaceName
  public var workflow: WorkflowName?
  public var state: String?
  public var labels: SortedMap<String, String>
  /// Created at or after, and before.
  public var since: Moment?
  public var before: Moment?
  /// What else must hold. What an index can serve of it, `narrowed` says in the fields above.
  public var condition: SearchCondition?

  public init(
    namespace: NamespaceName, workflow: WorkflowName? = nil, state: String? = nil,
    labels: SortedMap<String, String> = [:], since: Moment? = nil, before: Moment? = nil
  ) {
    self.namespace = namespace
    self.workflow = workflow
    self.state = state
    self.labels = labels
    self.since = since
    self.before = before
  }
}

extension JobFilter {
  /// The same filter with a condition, and with what each job that fits it must be.
  public func narrowed(by condition: SearchCondition) -> JobFilter {
    var filter = self
    filter.condition = condition
    for test in condition.required {
      switch test {
      case .word(.state, let choices) where choices.count == 1:
        filter.state = filter.state ?? choices[0]
      case .word(.workflow, let choices) where choices.count == 1:
        filter.workflow = filter.workflow ?? WorkflowName(choices[0])
      case .word(.label(let name), let choices) where choices.count == 1:
        if filter.labels[name] == nil { filter.labels[name] = choices[0] }
      case .moment(.created, .more, let moment), .moment(.created, .notLess, let moment):
        filter.since = max(filter.since ?? moment, moment)
      case .moment(.created, .less, let moment):
        filter.before = min(filter.before ?? moment, moment)
      case .word, .contains, .length, .moment:
        // Other instants say nothing about that of creation: clocks differ.
        continue
      }
    }
    return filter
  }
}

extension JobDocument {
  /// As filters see it.
  public var facts: SearchFacts {
    var facts = SearchFacts(
      state: state, workflow: workflow.text, version: version.text, labels: labels,
      createdAt: createdAt)
    facts.error = reason.map { "\($0.code) \($0.message)" } ?? ""
    facts.startedAt = startedAt
    facts.endedAt = endedAt
    return facts
  }
}

/// History and logs: read by people, fed at least once.
///
/// Every write is idempotent: documents by revision, lines by their numbers. What a write returned
/// for is durable and seen by later reads of this process; other processes see it soon. Jobs and
/// logs can be named one by one: at most 10,000 in a call, more are `.refused`; to name none does
/// nothing.
public protocol JobArchive: Sendable {
  /// Keeps each document unless a stored one has the same or a higher revision.
  func store(jobs: [JobDocument], tasks: [TaskDocument]) async throws(ArchiveError)

  func job(_ run: RunID) async throws(ArchiveError) -> JobDocument?

  /// The jobs among these that there are, each once, in any order.
  func jobs(named runs: [RunID]) async throws(ArchiveError) -> [JobDocument]

  /// Tasks of a run in the order of their keys, after `after`.
  func tasks(of run: RunID, after: TaskKey?, limit: Int) async throws(ArchiveError)
    -> [TaskDocument]

  /// A page of jobs, newest first; `cursor` is opaque and comes from the page before. A page may be
  /// short, even empty, while `next` says that more may follow.
  func jobs(_ filter: JobFilter, limit: Int, cursor: String?) async throws(ArchiveError)
    -> (jobs: [JobDocument], next: String?)

  /// Keeps lines that are not there yet. Chunks may overlap and come in any order. The first chunk
  /// that says it is the last one fixes the end; lines beyond it are dropped.
  func append(_ chunks: [LogChunk]) async throws(ArchiveError)

  /// Lines from number `from` on, in order, without gaps: it stops before the first line that has
  /// not come yet. Large lines may end it earlier, never before the first. `isLast` says that
  /// nothing follows.
  func lines(of attempt: AttemptID, from: Int64, limit: Int) async throws(ArchiveError)
    -> LogChunk

  /// All attempts of a run of which there are lines, or of whose log the end is known, each once,
  /// in any order.
  func attempts(of run: RunID) async throws(ArchiveError) -> [AttemptID]

  /// Namespaces that have jobs, in their order, after `after`; a short page is the last one.
  func namespaces(after: NamespaceName?, limit: Int) async throws(ArchiveError) -> [NamespaceName]

  /// Removes jobs of a namespace that ended before a moment, with their tasks and logs, not more
  /// than so many at once. What a removal that was cut off has left goes with the next one. A
  /// document that comes later, or lines, are there again.
  ///
  /// - Returns: how many jobs were removed: less than `limit` when no others are due.
  func removeJobs(
    of namespace: NamespaceName, endedBefore: Moment, limit: Int
  ) async throws(ArchiveError) -> Int

  /// Removes these jobs with their tasks, and leaves their logs; those that are not there are fine.
  /// What a removal that was cut off has left goes with the next one. A document that comes later
  /// is there again, whatever its revision.
  func removeJobs(_ runs: [RunID]) async throws(ArchiveError)

  /// Removes all that there is of the logs of these attempts; those without one are fine. What a
  /// removal that was cut off has left goes with the next one, and may not be readable until then.
  /// Lines that come later are there again.
  func removeLogs(of attempts: [AttemptID]) async throws(ArchiveError)

  /// Returns when the attempt may have lines at or beyond `from`, or after `wait`.
  func waitForLines(of attempt: AttemptID, from: Int64, wait: Duration) async
}
