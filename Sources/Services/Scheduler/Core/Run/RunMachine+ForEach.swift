internal import Domain

extension RunMachine {
  /// Limits of a `forEach` list, which may be much larger than a value in an environment.
  private static let itemsLimits = EvaluationLimits(outputBytesMax: 4 << 20)
  static let itemsMax = 100_000

  /// Evaluates the list and begins to create instances.
  mutating func startGroup(
    _ node: Int, _ forEach: ForEach, at now: Moment
  ) throws(EvaluationFailure) {
    let items = try items(of: node, forEach)
    groups[node] = Group(items: items)
    guard !items.isEmpty else {
      let reason = Reason(code: "no-items", message: "the forEach list is empty", since: now)
      move(TaskPlace(node), to: .ended(.succeeded), because: reason, at: now)
      return
    }
    move(TaskPlace(node), to: .expanding, at: now)
    work.append(.expand(node: node))
  }

  /// The list is not stored: it depends on inputs and on ended tasks only, so that evaluating it
  /// again gives the same items.
  func items(of node: Int, _ forEach: ForEach) throws(EvaluationFailure) -> [Value] {
    let value = try forEach.items.evaluate(
      in: scope(of: TaskPlace(node)), limits: RunMachine.itemsLimits)
    guard case .array(let items) = value else {
      throw EvaluationFailure(code: "not-a-list", message: "forEach is not a list")
    }
    guard items.count <= RunMachine.itemsMax else {
      throw EvaluationFailure(
        code: "too-many-items",
        message: "forEach has \(items.count) items; the limit is \(RunMachine.itemsMax)")
    }
    return items
  }

  /// Creates instances, in order, while the group has room for more.
  mutating func expand(_ node: Int, rowsMax: Int, at now: Moment) {
    guard case .expanding = tasks[node].phase, mayAdmit(node) else { return }
    let room = min(
      plan.nodes[node].definition.forEach?.maxParallel ?? RunMachine.instancesAdmittedMax,
      RunMachine.instancesAdmittedMax)
    // The group is never held in a local while it changes: that would copy its instances.
    while hasMoreItems(node), groups[node]?.liveCount ?? 0 < room {
      guard effects.count < rowsMax else {
        work.append(.expand(node: node))
        return
      }
      let place = TaskPlace(node, groups[node]?.instances.count ?? 0)
      groups[node]?.instances.append(TaskState())
      move(place, to: .ready(since: now), at: now)
    }
  }

  private func hasMoreItems(_ node: Int) -> Bool {
    groups[node].map { $0.instances.count < $0.items.count } ?? false
  }

  private func mayAdmit(_ node: Int) -> Bool {
    switch run.phase {
    case .running: true
    case .finishing: plan.nodes[node].isFinally
    case .stopping, .quarantined, .ended: false
    }
  }

  /// One instance less: create the next, or end the group with the last.
  mutating func instanceEnded(_ place: TaskPlace, at now: Moment) {
    guard groups[place.node] != nil else { return }
    groups[place.node]?.endedCount += 1
    endGroupIfDone(place.node, at: now)
    if case .expanding = tasks[place.node].phase, hasMoreItems(place.node), mayAdmit(place.node) {
      work.append(.expand(node: place.node))
    }
  }

  /// A group has ended when all its instances have, and no more will be created.
  mutating func endGroupIfDone(_ node: Int, at now: Moment) {
    guard case .expanding = tasks[node].phase, let group = groups[node], group.liveCount == 0,
      group.instances.count == group.items.count || !mayAdmit(node)
    else { return }
    let outcome = RunMachine.outcome(of: group)
    let bad = group.instances.lazy.filter { $0.phase.outcome != .succeeded }.count
    let reason =
      outcome == .succeeded
      ? nil
      : Reason(
        code: "instances-\(outcome.rawValue)",
        message: "\(bad) of \(group.items.count) instances did not succeed", since: now)
    move(TaskPlace(node), to: .ended(outcome), because: reason, at: now)
  }

  /// The worst of the instances' outcomes: failed, timed out, lost, cancelled, succeeded.
  private static func outcome(of group: Group) -> TaskOutcome {
    var worst = group.instances.count < group.items.count ? TaskOutcome.cancelled : .succeeded
    func rank(_ outcome: TaskOutcome) -> Int {
      switch outcome {
      case .succeeded, .skipped: 0
      case .cancelled: 1
      case .lost: 2
      case .timedOut: 3
      case .failed: 4
      }
    }
    for instance in group.instances {
      guard let outcome = instance.phase.outcome, rank(outcome) > rank(worst) else { continue }
      worst = outcome
    }
    return worst
  }
}
