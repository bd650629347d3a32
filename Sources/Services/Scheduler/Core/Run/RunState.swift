public import Domain

/// What a run is, apart from its tasks.
public struct RunState: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Main tasks are under way. Becomes `finishing` when the last of them has ended, `stopping`
    /// when it is cancelled, killed or out of time.
    case running
    /// No main task starts any more; those that run are asked to stop. Becomes `finishing`, or
    /// `ended` when killed, once the last of them has ended.
    case stopping(StopCause)
    /// The outcome of the main tasks is decided; finally tasks are under way. Becomes `ended`, or
    /// `stopping` when killed.
    case finishing(RunOutcome)
    /// Set aside because an input of it could not be taken in. Final until a person acts.
    case quarantined
    /// Final.
    case ended(RunOutcome)
  }

  public let id: RunID
  public let namespace: NamespaceName
  public let workflow: WorkflowName
  public let inputs: SortedMap<String, Value>
  public let labels: SortedMap<String, String>
  public let principal: String
  public let createdAt: Moment
  public var priority = Priority.normal
  /// When its first task might start.
  public internal(set) var startedAt: Moment
  public var phase: Phase = .running
  public var reason: Reason?
  public var endedAt: Moment?
  public var revision: Int64 = 0
  /// Commands that were applied, newest last: a repeated one is known.
  public var commands: [String] = []
  /// Who paused the run and why; nil unless it is paused.
  public var pause: Reason?
  /// When the run was resumed last: time in a queue counts anew from there.
  public var resumedAt: Moment?
  /// Of a run whose workflow limits how many run at once.
  public var permit: RunPermit?
  /// What a rerun takes over from an earlier run; nil for a run that does everything itself.
  public var kept: KeptTasks?
  /// The request that the run was caused by; nil when nobody records its trace.
  public var trace: TraceContext?
  /// The version of the stored row; zero while there is none.
  public var stamp: UInt64 = 0

  static let commandsKept = 16

  public init(
    id: RunID, namespace: NamespaceName, workflow: WorkflowName,
    inputs: SortedMap<String, Value> = [:], labels: SortedMap<String, String> = [:],
    principal: String = "", createdAt: Moment, startedAt: Moment
  ) {
    self.id = id
    self.namespace = namespace
    self.workflow = workflow
    self.inputs = inputs
    self.labels = labels
    self.principal = principal
    self.createdAt = createdAt
    self.startedAt = startedAt
  }

  public var outcome: RunOutcome? {
    if case .ended(let outcome) = phase { outcome } else { nil }
  }

  /// Whether nothing of it is under way any more by itself.
  public var isOver: Bool {
    switch phase {
    case .quarantined, .ended: true
    case .running, .stopping, .finishing: false
    }
  }

  /// Whether tasks that are ready may be offered to workers.
  var mayDispatch: Bool {
    switch phase {
    case .running, .finishing: pause == nil && !isWaitingForPermit
    case .stopping, .quarantined, .ended: false
    }
  }

  /// Whether its first task might have started.
  public var hasStarted: Bool { permit?.wasHeld ?? true }

  /// Whether nothing of it may start before others with its key have ended.
  public var isWaitingForPermit: Bool {
    if case .running = phase { permit?.isAsking == true } else { false }
  }

  /// Whether tasks that are ready wait for the run to be resumed.
  public var isPaused: Bool {
    switch phase {
    case .running, .finishing: pause != nil
    case .stopping, .quarantined, .ended: false
    }
  }
}
