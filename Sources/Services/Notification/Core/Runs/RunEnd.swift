public import Domain

/// That a run has ended: what notifications are about.
public struct RunEnd: Hashable, Sendable {
  public var run: RunID
  /// Grows when a run that had ended goes on and ends again.
  public var revision: Int64
  public var namespace: NamespaceName
  public var workflow: WorkflowName
  public var version: VersionID
  public var outcome: RunOutcome
  public var reasonCode: String
  public var reasonMessage: String
  public var labels: SortedMap<String, String>
  public var startedAt: Moment
  public var endedAt: Moment

  public init(
    run: RunID, revision: Int64, namespace: NamespaceName, workflow: WorkflowName,
    version: VersionID, outcome: RunOutcome, startedAt: Moment, endedAt: Moment
  ) {
    self.run = run
    self.revision = revision
    self.namespace = namespace
    self.workflow = workflow
    self.version = version
    self.outcome = outcome
    self.startedAt = startedAt
    self.endedAt = endedAt
    reasonCode = ""
    reasonMessage = ""
    labels = [:]
  }
}

extension RunOutcome {
  /// What it says about the health of a workflow; nil when it says nothing, as a cancellation does.
  var isHealthy: Bool? {
    switch self {
    case .succeeded: true
    case .failed, .timedOut: false
    case .cancelled: nil
    }
  }
}

/// What a message is about.
public enum Occasion: String, Hashable, Comparable, Sendable, CaseIterable {
  /// The run has ended, somehow.
  case finished
  /// The run has failed or took too long.
  case failed
  /// The run has succeeded, and the one before it had failed.
  case recovered
  /// Somebody wants to see whether messages arrive.
  case test

  public init(_ occasion: NotifyRule.Occasion) {
    switch occasion {
    case .finished: self = .finished
    case .failed: self = .failed
    case .recovered: self = .recovered
    }
  }

  /// Who is told of several things at once is told of the most telling one.
  var weight: Int {
    switch self {
    case .finished: 0
    case .failed: 1
    case .recovered: 2
    case .test: 3
    }
  }

  public static func < (left: Occasion, right: Occasion) -> Bool { left.weight < right.weight }
}
