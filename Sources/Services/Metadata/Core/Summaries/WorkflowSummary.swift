public import Domain

/// What runs of one workflow came to, and how long that took: of the whole and of each task.
public struct WorkflowSummary: Hashable, Sendable {
  /// One task over all runs that were looked at, its instances together.
  public struct TaskTimes: Hashable, Sendable {
    /// How often it ended as what.
    public var states: SortedMap<String, Int> = [:]
    public var attempts = 0
    public var wait = Lengths()
    public var took = Lengths()

    public init() {}
  }

  /// Runs by the state in which they ended.
  public private(set) var states: SortedMap<String, Int> = [:]
  /// From making to starting, and from starting to ending.
  public private(set) var wait = Lengths()
  public private(set) var took = Lengths()
  public private(set) var tasks: SortedMap<TaskName, TaskTimes> = [:]

  public init() {}

  public var runs: Int { states.values.reduce(0, +) }

  /// Per thousand of the runs that succeeded or failed, those that failed or ran out of time. Those
  /// that somebody cancelled say nothing. Nil when there are none.
  public var failuresPerThousand: Int? {
    let failed =
      (states[RunOutcome.failed.rawValue] ?? 0) + (states[RunOutcome.timedOut.rawValue] ?? 0)
    let judged = failed + (states[RunOutcome.succeeded.rawValue] ?? 0)
    return judged == 0 ? nil : failed * 1_000 / judged
  }

  public mutating func add(
    state: String, createdAt: Moment, startedAt: Moment?, endedAt: Moment?
  ) {
    states[state, default: 0] += 1
    guard let startedAt else { return }
    wait.add(startedAt - createdAt)
    if let endedAt { took.add(endedAt - startedAt) }
  }

  public mutating func add(task: TaskKey, state: String, attempts: [AttemptLengths]) {
    tasks[task.name, default: TaskTimes()].add(state, attempts)
  }
}

/// How long one attempt waited and ran; nil where nobody knows.
public struct AttemptLengths: Hashable, Sendable {
  public var wait: Duration?
  public var took: Duration?

  public init(wait: Duration?, took: Duration?) {
    self.wait = wait
    self.took = took
  }
}

extension WorkflowSummary.TaskTimes {
  fileprivate mutating func add(_ state: String, _ attempts: [AttemptLengths]) {
    states[state, default: 0] += 1
    self.attempts += attempts.count
    for attempt in attempts {
      if let length = attempt.wait { wait.add(length) }
      if let length = attempt.took { took.add(length) }
    }
  }
}
