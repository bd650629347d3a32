internal import Domain

extension RunMachine {
  /// Does queued work until about `rowsMax` rows have changed.
  mutating func continueWork(rowsMax: Int, at now: Moment) {
    while workHead < work.count, effects.count < rowsMax {
      let item = work[workHead]
      workHead += 1
      switch item {
      case .settle(let node):
        settle(node, at: now)
      case .propagate(let node, let from):
        propagate(node, from: from, rowsMax: rowsMax)
      case .expand(let node):
        expand(node, rowsMax: rowsMax, at: now)
      case .stop(let cause, let from, let instance):
        stopTasks(cause, from: from, instance: instance, rowsMax: rowsMax, at: now)
      case .withdrawOffers(let from, let instance):
        withdrawOffers(from: from, instance: instance, rowsMax: rowsMax, at: now)
      case .keep(let from):
        keep(from: from, rowsMax: rowsMax, at: now)
      }
    }
    if workHead == work.count {
      work.removeAll(keepingCapacity: false)
      workHead = 0
    }
  }

  /// Counts down the open needs of the dependants, a portion at a time.
  private mutating func propagate(_ node: Int, from start: Int, rowsMax: Int) {
    let dependants = plan.nodes[node].dependants
    let end = min(dependants.count, start + max(rowsMax, 1))
    for dependant in dependants[start..<end] {
      openNeeds[dependant] -= 1
      if openNeeds[dependant] == 0 { work.append(.settle(node: dependant)) }
    }
    if end < dependants.count { work.append(.propagate(node: node, from: end)) }
  }

  /// Decides what becomes of a waiting task whose needs have all ended.
  private mutating func settle(_ node: Int, at now: Moment) {
    guard case .waiting = tasks[node].phase, mayStart(node), !isKept(node) else { return }
    let task = plan.nodes[node].definition
    if let skip = unmetNeed(of: node, at: now) {
      move(TaskPlace(node), to: .ended(.skipped), because: skip, at: now)
      return
    }
    do throws(EvaluationFailure) {
      if let condition = task.condition {
        let answer = try condition.evaluate(in: scope(of: TaskPlace(node)))
        guard case .boolean(let isTrue) = answer else {
          throw EvaluationFailure(
            code: "not-a-boolean", message: "the condition of \(task.name) is not true or false")
        }
        guard isTrue else {
          let reason = Reason(
            code: "condition-false", message: "if: \(condition.source) is false", since: now)
          move(TaskPlace(node), to: .ended(.skipped), because: reason, at: now)
          return
        }
      }
      if let forEach = task.forEach {
        try startGroup(node, forEach, at: now)
      } else {
        move(TaskPlace(node), to: .ready(since: now), at: now)
      }
    } catch {
      failByExpression(TaskPlace(node), error, at: now)
    }
  }

  /// Main tasks start while the run is running, finally tasks once it is finishing.
  private func mayStart(_ node: Int) -> Bool {
    switch run.phase {
    case .running: !plan.nodes[node].isFinally
    case .finishing: plan.nodes[node].isFinally
    case .stopping, .quarantined, .ended: false
    }
  }

  private func unmetNeed(of node: Int, at now: Moment) -> Reason? {
    for need in plan.nodes[node].needs {
      guard let outcome = tasks[need.node].phase.outcome, !outcome.satisfies(need.outcome),
        !tasks[need.node].isSkippedByHand
      else { continue }
      let name = plan.nodes[need.node].definition.name
      return Reason(
        code: "needs-unmet",
        message: "needs \(name): \(need.outcome.rawValue), but it ended as \(outcome.word)",
        since: now, blockers: [name.text])
    }
    return nil
  }

  /// A task whose expressions have no value fails without being tried: trying again would not help.
  mutating func failByExpression(
    _ place: TaskPlace, _ failure: EvaluationFailure, at now: Moment
  ) {
    let reason = Reason(
      code: "expression-failed", message: "\(failure.message) (\(failure.code))", since: now)
    move(place, to: .ended(.failed), because: reason, at: now)
  }

  /// The facts that a task's expressions may read.
  func scope(of place: TaskPlace) -> EvaluationScope {
    let node = plan.nodes[place.node]
    var facts: [(TaskName, EvaluationScope.TaskFacts)] = []
    for reference in node.references {
      guard let outcome = tasks[reference.node].phase.outcome else { continue }
      facts.append(
        (
          reference.name,
          EvaluationScope.TaskFacts(outcome: outcome, outputs: outputs(of: reference.node))
        ))
    }
    var runFacts = runFacts
    if case .finishing(let outcome) = run.phase {
      runFacts["outcome"] = .string(outcome == .succeeded ? "success" : outcome.rawValue)
    }
    return EvaluationScope(
      inputs: run.inputs, tasks: SortedMap(facts),
      item: place.instance.flatMap { groups[place.node]?.items[$0] }, index: place.instance,
      run: runFacts)
  }

  /// What expressions know of the run at any time.
  var runFacts: SortedMap<String, Value> {
    [
      "id": .string(run.id.text), "workflow": .string(run.workflow.text),
      "namespace": .string(run.namespace.text),
    ]
  }

  /// The outputs of a task; of a `forEach` task, for each name the array of its instances' values.
  func outputs(of node: Int) -> SortedMap<String, Value> {
    guard let group = groups[node] else { return tasks[node].outputs }
    return SortedMap(
      plan.nodes[node].definition.outputs.keys.map { name in
        (name, Value.array(group.instances.map { $0.outputs[name] ?? .null }))
      })
  }
}
