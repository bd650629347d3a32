public import Domain

/// Which tasks of a rerun are taken over from an earlier run instead of being run again.
public struct KeptTasks: Hashable, Sendable {
  /// The earlier run; it has ended.
  public let source: RunID
  /// By the number of the task in the plan.
  public let nodes: BitSet
  /// Those among them that a person says are not needed, whatever became of them.
  public let skipped: BitSet
  /// Who asked for the rerun and why.
  public let reason: Reason

  public init(from source: RunID, nodes: BitSet, skipped: BitSet = BitSet(), reason: Reason) {
    self.source = source
    self.nodes = nodes
    self.skipped = skipped
    self.reason = reason
  }
}

/// How a task ended in an earlier run, for a rerun that takes it over.
public struct KeptTask: Hashable, Sendable {
  /// Outputs beyond this are not taken over: of a `forEach` task they are those of all instances.
  static let outputsBytesMax = 1 << 20

  public var outcome: TaskOutcome
  public var outputs: SortedMap<String, Value>
  public var reason: Reason?
  /// Whether a person says that it is not needed.
  public var override: TaskOverride?
  /// The run in which it ran; nil when that is the one that it is taken over from.
  public var keptFrom: RunID?

  public init(
    _ outcome: TaskOutcome, outputs: SortedMap<String, Value> = [:], reason: Reason? = nil,
    override: TaskOverride? = nil, keptFrom: RunID? = nil
  ) {
    self.outcome = outcome
    self.outputs = outputs
    self.reason = reason
    self.override = override
    self.keptFrom = keptFrom
  }

  /// Why the task is as it is in the rerun. A task that was taken over before keeps saying from
  /// which run: the one in which it ran.
  func reason(from source: RunID, at now: Moment) -> Reason {
    if let override {
      return Reason(
        code: "set-by-hand", message: override.reason.message, since: now, blockers: [source.text])
    }
    if var reason, reason.code == KeptTask.code {
      reason.since = now
      return reason
    }
    let message = "taken over from \(source)" + (reason.map { ": \($0.message)" } ?? "")
    return Reason(code: KeptTask.code, message: message, since: now, blockers: [source.text])
  }

  private static let code = "kept"

  var outputsWeight: Int {
    outputs.values.reduce(0) { $0 + $1.weight(upTo: KeptTask.outputsBytesMax + 1) }
  }
}

extension RunMachine {
  func isKept(_ node: Int) -> Bool {
    run.kept?.nodes.contains(node) ?? false
  }

  func isKeptAndWaiting(_ place: TaskPlace) -> Bool {
    guard isKept(place.node), case .waiting = tasks[place.node].phase else { return false }
    return true
  }

  var isKeepingLeft: Bool {
    tasks.indices.contains { isKept($0) && tasks[$0].phase == .waiting }
  }

  /// Ends the tasks that are taken over as they ended before, a portion at a time.
  mutating func keep(from start: Int, rowsMax: Int, at now: Moment) {
    guard let kept = run.kept else { return }
    var bytes = 0
    for node in start..<plan.nodes.count where kept.nodes.contains(node) {
      guard case .waiting = tasks[node].phase else { continue }
      guard effects.count < rowsMax, bytes < KeptTask.outputsBytesMax else {
        work.append(.keep(from: node))
        return
      }
      bytes += keep(node, from: kept.source, at: now)
    }
    keeping = [:]
  }

  /// Answers how much the task's row weighs by its outputs.
  private mutating func keep(_ node: Int, from source: RunID, at now: Moment) -> Int {
    let weight = keeping[node]?.outputsWeight ?? 0
    guard let task = keeping[node], weight <= KeptTask.outputsBytesMax else {
      let why = keeping[node] == nil ? "is not there any more" : "has too large outputs"
      let reason = Reason(
        code: "not-kept", message: "what \(source) has of it \(why); rerun it as well",
        since: now, blockers: [source.text])
      move(TaskPlace(node), to: .ended(.failed), because: reason, at: now)
      return 0
    }
    change(TaskPlace(node)) {
      $0.outputs = task.outputs
      $0.override = task.override
      $0.keptFrom = task.keptFrom ?? source
    }
    move(
      TaskPlace(node), to: .ended(task.outcome), because: task.reason(from: source, at: now),
      at: now)
    return weight
  }

  /// What a rerun on `plan` takes over from this run: how the tasks ended that `kept` names.
  public func keeping(_ kept: KeptTasks, on plan: Plan) -> SortedMap<Int, KeptTask> {
    var found: [(Int, KeptTask)] = []
    for node in plan.nodes.indices where kept.nodes.contains(node) {
      if kept.skipped.contains(node) {
        let override = TaskOverride(.skipped, reason: kept.reason)
        found.append((node, KeptTask(.skipped, override: override)))
      } else if let task = self.plan.node(named: plan.nodes[node].definition.name)
        .flatMap(keptTask)
      {
        found.append((node, task))
      }
    }
    return SortedMap(found)
  }

  private func keptTask(_ node: Int) -> KeptTask? {
    guard let outcome = tasks[node].phase.outcome else { return nil }
    return KeptTask(
      outcome, outputs: outcome == .succeeded ? outputs(of: node) : [:],
      reason: tasks[node].reason,
      override: tasks[node].isSkippedByHand ? tasks[node].override : nil,
      keptFrom: tasks[node].keptFrom)
  }
}
