internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Wire

/// What one batch of an owner writes beside the rows of its runs, and what follows after the
/// commit.
struct OwnerBatch {
  var entries: [RecordBatch.Entry] = []
  var messages: [OutboxMessage] = []
  var hints: [BusRecord] = []
  var leasesToRead: [AttemptID] = []
  var offersToCheck: [(attempt: AttemptID, pool: PoolName)] = []
  /// Steps of traces that this batch ends.
  var spans: [TraceSpan] = []
  /// Runs that this batch changed.
  var touched: SortedSet<RunID> = []
  /// Limits that this batch changed.
  var touchedLimits: SortedSet<LimitKey> = []
  /// The next offset of each topic that this batch has taken in.
  var offsets: SortedMap<String, Int64> = [:]

  var hasFollowUps: Bool {
    !hints.isEmpty || !leasesToRead.isEmpty || !offersToCheck.isEmpty
  }

  /// Sorts the effects of a run into rows, messages and follow-ups.
  mutating func take(_ effects: [RunEffect], of entry: RunEntry, at now: Moment) {
    guard !effects.isEmpty else { return }
    touched.insert(entry.machine.run.id)
    for effect in effects {
      switch effect {
      case .storeRun:
        entry.isRunChanged = true
      case .storeTask(let place):
        entry.changedTasks.insert(place)
      case .requestStop(let attempt, let session, let isKill, let reason):
        entries.append(
          SchedulerTables.stops.insert(
            StopRecord(
              session: session.text, attempt: attempt.description, isKill: isKill, reason: reason)))
      case .askPermit(let permit):
        messages.append(.request(.ask, permit.limit, for: entry.machine.run.id, permit: permit))
      case .giveBackPermit(let limit):
        messages.append(.request(.giveBack, limit, for: entry.machine.run.id))
      case .announceEnd(let outcome):
        let run = entry.machine.run
        let partition = Partitioning.partition(of: run.id.text)
        messages.append(
          OutboxMessage(
            shard: SchedulerTables.outboxShard(of: partition),
            record: .ended(entry.machine, outcome)))
        entries.append(
          SchedulerTables.endedRuns.insert(
            EndedRunRecord(
              run: run.id.text, partition: Int64(partition),
              endedAtUs: run.endedAt?.microseconds ?? now.microseconds)))
      case .hint(let attempt, let pool):
        hints.append(.hint(attempt, pool, at: now))
      case .readLease(let attempt):
        leasesToRead.append(attempt)
      case .checkOffer(let attempt, let pool):
        offersToCheck.append((attempt, pool))
      }
    }
  }
}

extension BusRecord {
  static func hint(_ attempt: AttemptID, _ pool: PoolName, at now: Moment) -> BusRecord {
    let message = TaskScheduled(
      attempt: attempt.description, pool: pool.text, offeredAtUs: now.microseconds)
    return BusRecord(
      topic: SchedulerTopics.hints(of: pool), key: attempt.description, value: message.encoded())
  }

  fileprivate static func ended(_ machine: RunMachine, _ outcome: RunOutcome) -> BusRecord {
    let run = machine.run
    let message = WorkflowCompleted(
      run: run.id.text, namespace: run.namespace.text, workflow: run.workflow.text,
      version: machine.plan.version.text, outcome: outcome.rawValue,
      reason: run.reason.map(ReasonMessage.init), startedAtUs: run.startedAt.microseconds,
      endedAtUs: run.endedAt?.microseconds ?? 0, revision: run.revision, labels: run.labels)
    return BusRecord(topic: SchedulerTopics.ended, key: run.id.text, value: message.encoded())
      .traced(run.trace?.of(run.id))
  }
}
