internal import Contracts
internal import Domain
internal import SchedulerCore

extension TaskRecord {
  /// The words of `phase`.
  enum Phase {
    static let expanding = "expanding"
    static let ready = "ready"
    static let offered = "offered"
    static let withdrawing = "withdrawing"
    static let stopping = "stopping"
    static let backoff = "backoff"
    static let ended = "ended"
  }

  init(_ task: TaskState, key: TaskKey, in run: StoredRunContext) {
    self.init(
      run: run.id.text, name: key.name.text, index: Int64(key.index ?? -1),
      reason: task.reason.map(ReasonMessage.init), fence: Int64(task.fence.number),
      pool: run.pool.text, firstReadyAtUs: task.firstReadyAt?.microseconds,
      failures: Int32(clamping: task.failures), losses: Int32(clamping: task.losses),
      attempts: task.attempts.map(AttemptRecord.init),
      outputs: task.outputs.mapValues { ValueMessage($0) }, revision: task.revision,
      partition: Int64(run.partition), deadlineUs: run.deadline?.microseconds,
      itemCount: run.itemCount.map(Int64.init), override: task.override.map(Override.init),
      keptFrom: task.keptFrom?.text ?? "")
    write(task.phase)
    if case .offered(let offer) = task.phase {
      orderUs = offer.at.microseconds - run.priority.headStart.wholeMicroseconds
    }
  }

  private mutating func write(_ taskPhase: TaskPhase) {
    switch taskPhase {
    case .waiting:
      preconditionFailure("a waiting task has no row")
    case .expanding:
      phase = Phase.expanding
    case .ready(let since):
      phase = Phase.ready
      sinceUs = since.microseconds
    case .offered(let offer):
      phase = Phase.offered
      sinceUs = offer.at.microseconds
    case .withdrawing(let cause, let since):
      phase = Phase.withdrawing
      stopCause = cause.rawValue
      sinceUs = since.microseconds
    case .stopping(let cause, let claim):
      phase = Phase.stopping
      stopCause = cause.rawValue
      session = claim.session.text
      worker = claim.worker
      claimedAtUs = claim.at.microseconds
    case .backoff(let until):
      phase = Phase.backoff
      untilUs = until.microseconds
    case .ended(let taskOutcome):
      phase = Phase.ended
      outcome = taskOutcome.rawValue
    }
  }

  var key: TaskKey? {
    guard let name = TaskName(name) else { return nil }
    return TaskKey(name, index: index < 0 ? nil : Int(clamping: index))
  }

  /// Nil when the record says something that this version does not know.
  func state(stamp: UInt64) -> TaskState? {
    guard let taskPhase = readPhase(), let outputs = SortedMap<String, Value>(outputs) else {
      return nil
    }
    var task = TaskState()
    task.phase = taskPhase
    task.fence = Fence(Int(clamping: fence))
    task.firstReadyAt = firstReadyAtUs.map(Moment.init(microseconds:))
    task.failures = Int(failures)
    task.losses = Int(losses)
    task.attempts = attempts.map(AttemptState.init)
    task.outputs = outputs
    task.reason = reason.flatMap(Reason.init)
    if let override {
      guard let override = TaskOverride(override) else { return nil }
      task.override = override
    }
    if !keptFrom.isEmpty {
      guard let run = RunID(text: keptFrom) else { return nil }
      task.keptFrom = run
    }
    task.revision = revision
    task.stamp = stamp
    return task
  }

  private func readPhase() -> TaskPhase? {
    let since = Moment(microseconds: sinceUs)
    switch phase {
    case Phase.expanding: return .expanding
    case Phase.ready: return .ready(since: since)
    case Phase.offered: return .offered(Offer(at: since))
    case Phase.backoff: return .backoff(until: Moment(microseconds: untilUs))
    case Phase.withdrawing:
      return StopCause(rawValue: stopCause).map { .withdrawing($0, since: since) }
    case Phase.stopping:
      guard let cause = StopCause(rawValue: stopCause), let session = SessionID(text: session)
      else { return nil }
      let claim = Claim(
        session: session, worker: worker, at: Moment(microseconds: claimedAtUs))
      return .stopping(cause, claim)
    case Phase.ended:
      return TaskOutcome(rawValue: outcome).map { .ended($0) }
    default:
      return nil
    }
  }
}

extension TaskRecord.Override {
  init(_ override: TaskOverride) {
    self.init(
      outcome: override.outcome.rawValue, outputs: override.outputs.mapValues { ValueMessage($0) },
      reason: ReasonMessage(override.reason))
  }
}

extension TaskOverride {
  /// Nil when the record says something that this version does not know.
  init?(_ record: TaskRecord.Override) {
    guard let outcome = Outcome(rawValue: record.outcome),
      let outputs = SortedMap<String, Value>(record.outputs),
      let reason = record.reason.flatMap(Reason.init)
    else { return nil }
    self.init(outcome, outputs: outputs, reason: reason)
  }
}

/// What a task's row says about its run and its place, beside the task itself.
struct StoredRunContext {
  var id: RunID
  var partition: Int
  var pool: PoolName
  var deadline: Moment?
  var itemCount: Int?
  var priority = Priority.normal
}

extension AttemptRecord {
  init(_ attempt: AttemptState) {
    self.init(
      fence: Int64(attempt.fence.number), worker: attempt.worker,
      end: attempt.end?.rawValue ?? "", offeredAtUs: attempt.offeredAt.microseconds,
      startedAtUs: attempt.startedAt?.microseconds, endedAtUs: attempt.endedAt?.microseconds,
      exitCode: attempt.exitCode.map { Int32(clamping: $0) },
      reason: attempt.reason.map(ReasonMessage.init), logLines: attempt.logLines,
      usage: attempt.usage.map { ResourceUsageMessage($0) })
  }
}

extension AttemptState {
  init(_ record: AttemptRecord) {
    self.init(
      fence: Fence(Int(clamping: record.fence)),
      offeredAt: Moment(microseconds: record.offeredAtUs))
    worker = record.worker
    end = End(rawValue: record.end)
    startedAt = record.startedAtUs.map(Moment.init(microseconds:))
    endedAt = record.endedAtUs.map(Moment.init(microseconds:))
    exitCode = record.exitCode.map(Int.init)
    reason = record.reason.flatMap(Reason.init)
    logLines = record.logLines
    usage = record.usage.map { ResourceUsage($0) }
  }
}
