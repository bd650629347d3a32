public import Domain

/// What worlds have shown of a user's workflow.
public struct Study: Hashable, Sendable {
  public struct TaskCount: Hashable, Sendable {
    /// Tasks of runs that began to be executed.
    public var tasks = 0
    /// Attempts that were executed.
    public var attempts = 0
    /// Tasks that had their effect more than once.
    public var twice = 0
    /// Tasks whose attempts were tried again after one was lost.
    public var lost = 0

    public init(tasks: Int = 0, attempts: Int = 0, twice: Int = 0, lost: Int = 0) {
      self.tasks = tasks
      self.attempts = attempts
      self.twice = twice
      self.lost = lost
    }
  }

  public internal(set) var tasks: SortedMap<String, TaskCount> = [:]
  /// Ends of runs by outcome.
  public internal(set) var outcomes: SortedMap<String, Int> = [:]
  /// From start to end, in milliseconds.
  public internal(set) var lengths: [Int64] = []

  public init() {}

  public mutating func add(_ other: Study) {
    for (name, count) in other.tasks {
      var sum = tasks[name] ?? TaskCount()
      sum.tasks += count.tasks
      sum.attempts += count.attempts
      sum.twice += count.twice
      sum.lost += count.lost
      tasks[name] = sum
    }
    for (outcome, count) in other.outcomes { outcomes[outcome, default: 0] += count }
    lengths += other.lengths
  }

  /// The length that so many percent of the runs did not exceed; nil without runs.
  public func quantile(_ percent: Int) -> Duration? {
    guard !lengths.isEmpty else { return nil }
    let sorted = lengths.sorted()
    let place = min((sorted.count * percent + 99) / 100, sorted.count)
    return .milliseconds(sorted[max(place - 1, 0)])
  }
}
