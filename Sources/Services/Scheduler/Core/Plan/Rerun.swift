public import Domain

/// Which part of a run that has ended is to be run again, as a run of its own.
public struct Rerun: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Everything.
    case all
    /// What failed, timed out, was lost or cancelled, and everything that depends on it.
    case failed
    /// The named tasks and everything that depends on them.
    case from
    /// The named tasks and nothing else.
    case only
  }

  public var mode: Mode
  public var tasks: SortedSet<TaskName>
  /// Tasks that a person says are not needed: their dependants may start all the same.
  public var skipped: SortedSet<TaskName>
  /// Who asked and why.
  public var reason: Reason

  public init(
    _ mode: Mode, tasks: SortedSet<TaskName> = [], skipped: SortedSet<TaskName> = [],
    reason: Reason
  ) {
    self.mode = mode
    self.tasks = tasks
    self.skipped = skipped
    self.reason = reason
  }
}

extension RunMachine {
  /// Which tasks a rerun on `plan` takes over from this run, which has ended.
  ///
  /// A task whose definition has changed since, or that was not there, is never taken over; nor is
  /// anything that depends on what is run again, unless only named tasks are asked for. Finally
  /// tasks run again unless only named tasks are asked for.
  public func kept(for rerun: Rerun, on plan: Plan) -> KeptTasks {
    let outcomes = plan.nodes.map { outcome(ofTaskLike: $0) }
    let again = Selection(rerun, plan, outcomes: outcomes).again
    let skipped = BitSet(
      plan.nodes.indices.filter { rerun.skipped.contains(plan.nodes[$0].definition.name) })
    let kept = plan.nodes.indices.filter { node in
      skipped.contains(node) || (outcomes[node] != nil && !again.contains(node))
    }
    return KeptTasks(
      from: run.id, nodes: BitSet(kept), skipped: skipped, reason: rerun.reason)
  }

  /// How the same task ended here; nil when it is another one now.
  private func outcome(ofTaskLike node: Plan.Node) -> TaskOutcome? {
    guard let old = plan.node(named: node.definition.name),
      plan.nodes[old].definition == node.definition
    else { return nil }
    return tasks[old].phase.outcome
  }
}

/// Decides which tasks of a plan are run again.
private struct Selection {
  private(set) var again = BitSet()
  private let rerun: Rerun
  private let plan: Plan
  private let outcomes: [TaskOutcome?]

  init(_ rerun: Rerun, _ plan: Plan, outcomes: [TaskOutcome?]) {
    self.rerun = rerun
    self.plan = plan
    self.outcomes = outcomes
    for node in plan.nodes.indices where mustRun(node) { again.insert(node) }
    switch rerun.mode {
    case .only, .all: break
    case .from:
      addAncestorsThatDidNotSucceed()
      addDependants()
    case .failed:
      addDependants()
    }
  }

  private func mustRun(_ node: Int) -> Bool {
    guard let outcome = outcomes[node] else { return true }
    let isNamed = rerun.tasks.contains(plan.nodes[node].definition.name)
    return switch rerun.mode {
    case .all: true
    case .failed: plan.nodes[node].isFinally || outcome.isFailure || outcome == .cancelled
    case .from: plan.nodes[node].isFinally || isNamed
    case .only: isNamed
    }
  }

  /// A named task can only start when what it needs has ended well.
  private mutating func addAncestorsThatDidNotSucceed() {
    var pending = plan.nodes.indices.filter(again.contains)
    var seen = BitSet(pending)
    while let node = pending.popLast() {
      for need in plan.nodes[node].needs where seen.insert(need.node) {
        pending.append(need.node)
        if outcomes[need.node] != .succeeded { again.insert(need.node) }
      }
    }
  }

  private mutating func addDependants() {
    var pending = plan.nodes.indices.filter { node in
      again.contains(node) || rerun.skipped.contains(plan.nodes[node].definition.name)
    }
    while let node = pending.popLast() {
      for dependant in plan.nodes[node].dependants where again.insert(dependant) {
        pending.append(dependant)
      }
    }
  }
}
