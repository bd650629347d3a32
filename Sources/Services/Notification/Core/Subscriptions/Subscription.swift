public import Domain

/// Which ends of runs a subscription is about.
public struct SubscriptionFilter: Hashable, Sendable {
  /// Empty for those that only rules of definitions name.
  public var occasions: SortedSet<Occasion>
  /// Empty for every workflow of the namespace.
  public var workflows: SortedSet<WorkflowName>
  /// Labels that a run must have.
  public var labels: SortedMap<String, String>

  public init(
    occasions: SortedSet<Occasion>, workflows: SortedSet<WorkflowName> = [],
    labels: SortedMap<String, String> = [:]
  ) {
    self.occasions = occasions
    self.workflows = workflows
    self.labels = labels
  }

  /// Whether it is about the run, whatever its outcome.
  public func covers(_ end: RunEnd) -> Bool {
    (workflows.isEmpty || workflows.contains(end.workflow))
      && labels.allSatisfy { end.labels[$0.key] == $0.value }
  }
}

/// Where messages go.
public enum Channel: Hashable, Sendable {
  /// To each of these addresses.
  case mail([String])
  /// To the receiver at this address.
  case webhook(String)

  public var isWebhook: Bool {
    switch self {
    case .mail: false
    case .webhook: true
    }
  }
}

/// Whether a subscription's receiver is worth sending to.
public struct SubscriptionHealth: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Messages are sent. Becomes `paused` when asked to, or after too many failures in a row;
    /// `disabled` when the receiver wants nothing any more.
    case active
    /// Messages wait. Becomes `active` when asked to.
    case paused(PauseCause, since: Moment)
    /// The receiver said that nothing will ever be taken there; there are no new messages. Becomes
    /// `active` when asked to, as after a change of the address.
    case disabled(since: Moment)
  }

  public enum PauseCause: String, Hashable, Sendable, CaseIterable {
    case asked
    case failures
  }

  public enum Event: Hashable, Sendable {
    /// The receiver took a message.
    case taken
    /// An attempt failed, or nobody knows.
    case notTaken
    /// The receiver wants nothing any more.
    case gone
    case pauseAsked
    case resumeAsked
  }

  public enum Effect: Hashable, Sendable {
    /// It is not sent to any more until somebody acts.
    case warn(PauseCause?)
  }

  public var phase: Phase
  public var failuresInRow: Int

  public init(phase: Phase = .active, failuresInRow: Int = 0) {
    self.phase = phase
    self.failuresInRow = failuresInRow
  }

  /// Whether new ends of runs become messages.
  public var takesMessages: Bool {
    switch phase {
    case .active, .paused: true
    case .disabled: false
    }
  }

  /// - Parameter failuresMax: in a row, until it is paused.
  public mutating func apply(_ event: Event, failuresMax: Int, at now: Moment) -> [Effect] {
    switch (phase, event) {
    case (.active, .taken), (.paused, .taken), (.disabled, .taken):
      failuresInRow = 0
      return []
    case (.active, .notTaken):
      failuresInRow += 1
      guard failuresInRow >= failuresMax else { return [] }
      phase = .paused(.failures, since: now)
      return [.warn(.failures)]
    case (.active, .gone), (.paused, .gone):
      phase = .disabled(since: now)
      return [.warn(nil)]
    case (.active, .pauseAsked):
      phase = .paused(.asked, since: now)
      return []
    case (.paused, .resumeAsked), (.disabled, .resumeAsked):
      phase = .active
      failuresInRow = 0
      return []
    // A pause that was asked for outlasts one that failures would end.
    case (.paused(.failures, let since), .pauseAsked):
      phase = .paused(.asked, since: since)
      return []
    // What was under way when it was paused says nothing new.
    case (.paused, .notTaken), (.disabled, .notTaken), (.disabled, .gone),
      (.paused(.asked, _), .pauseAsked), (.disabled, .pauseAsked), (.active, .resumeAsked):
      return []
    }
  }
}
