internal import Domain

extension RunMachine {
  /// What a run begins with: its tasks, or a request for a permit when its workflow limits them.
  mutating func begin(at now: Moment) {
    guard let rule = plan.definition.concurrency else {
      startTasks(at: now)
      return
    }
    do throws(EvaluationFailure) {
      let permit = RunPermit(
        try limit(of: rule), size: rule.limit, onLimit: rule.onLimit,
        phase: .asking(times: 1, next: now + RunPermit.wait(after: 1)))
      run.permit = permit
      effects.append(.askPermit(permit))
    } catch {
      let reason = Reason(
        code: error.code, message: "concurrency.key: \(error.message)", since: now)
      endUnstarted(.failed, tasks: .cancelled, reason, at: now)
    }
  }

  private func limit(of rule: ConcurrencyRule) throws(EvaluationFailure) -> LimitKey {
    let key = try rule.key.rendered(in: runScope)
    do throws(LimitKey.Fault) {
      return try LimitKey(run.namespace, run.workflow, key)
    } catch {
      let message =
        switch error {
        case .empty: "it is empty for these inputs"
        case .long(let bytes): "it has \(bytes) bytes, more than \(LimitKey.bytesMax)"
        case .controlCharacter: "it contains a control character"
        }
      throw EvaluationFailure(code: "concurrency-key", message: message)
    }
  }

  /// The tasks that need nothing are decided; nothing else would start them.
  mutating func startTasks(at now: Moment) {
    if run.kept != nil { work.append(.keep(from: 0)) }
    for node in 0..<plan.mainCount where openNeeds[node] == 0 {
      work.append(.settle(node: node))
    }
    if plan.mainCount == 0 { endMainTasks(at: now) }
  }

  /// A permit was granted. Whoever needs none any more gives it back at once.
  mutating func takePermit(_ limit: LimitKey, at now: Moment) {
    guard let permit = run.permit, permit.limit == limit else {
      effects.append(.giveBackPermit(limit))
      return
    }
    switch permit.phase {
    case .held:
      return
    case .over:
      effects.append(.giveBackPermit(limit))
    case .asking:
      guard case .running = run.phase else {
        giveBackPermit()
        storeRun()
        return
      }
      run.permit?.phase = .held
      run.permit?.wasHeld = true
      // What is measured from the start is measured from here.
      run.startedAt = now
      storeRun()
      startTasks(at: now)
    }
  }

  /// There is no permit for this run, and it shall not wait for one.
  mutating func refusePermit(_ limit: LimitKey, isSkip: Bool, _ reason: Reason, at now: Moment) {
    guard run.isWaitingForPermit, run.permit?.limit == limit else { return }
    run.permit?.phase = .over
    run.permit?.isSkipped = isSkip
    endUnstarted(
      isSkip ? .succeeded : .cancelled, tasks: isSkip ? .skipped : .cancelled, reason, at: now)
  }

  mutating func askAgain(at now: Moment) {
    guard case .asking(let times, _)? = run.permit?.phase else { return }
    run.permit?.phase = .asking(times: times + 1, next: now + RunPermit.wait(after: times + 1))
    storeRun()
    if let permit = run.permit { effects.append(.askPermit(permit)) }
  }

  /// The run wants its permit no more, whether it has one or waits for it.
  mutating func giveBackPermit() {
    guard let permit = run.permit, permit.phase != .over else { return }
    run.permit?.phase = .over
    effects.append(.giveBackPermit(permit.limit))
  }

  /// A run none of whose tasks has begun ends, without its finally tasks: there is nothing to clean
  /// up behind it, and it has no right to run anything.
  mutating func endUnstarted(
    _ outcome: RunOutcome, tasks taskOutcome: TaskOutcome, _ reason: Reason, at now: Moment
  ) {
    for node in tasks.indices {
      count(tasks[node].phase.word, -1)
      tasks[node].phase = .ended(taskOutcome)
      tasks[node].reason = reason
      count(tasks[node].phase.word, 1)
    }
    openMain = 0
    openFinally = 0
    end(outcome, at: now)
    run.reason = reason
  }

  /// Of the run alone: for what is decided before any task.
  private var runScope: EvaluationScope {
    EvaluationScope(inputs: run.inputs, tasks: [:], item: nil, index: nil, run: runFacts)
  }
}
