internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Owns one partition: takes in its topics, decides for its runs, commits, and tells the world.
///
/// One commit is in flight at a time, and everything that came meanwhile is in the next. Each batch
/// updates the partition row over its version: the only fence. On a conflict, an unknown outcome or
/// anything else that went wrong, everything in memory is dropped and read again.
actor PartitionOwner {
  /// Why an owner ends.
  enum End: Error, Equatable {
    /// Somebody else owns the partition, or may.
    case lost
  }

  let partition: Int
  let ports: SchedulerPorts
  let loader: RunLoader
  let hints: HintPublisher

  var record: PartitionRecord
  var version: CommitID
  var poison: PoisonGuard
  /// Batches are taken one record at a time while something in them cannot be committed.
  var isCareful = false
  var positions: SortedMap<String, LogPosition> = [:]
  var runs: SortedMap<RunID, RunEntry> = [:]
  /// Live runs that are stored and not loaded.
  var dormant: SortedSet<RunID> = []
  var window: OfferWindow
  var clock = OwnerClock()
  /// Runs with work left for the next batch, in the order of their turns.
  var busy: [RunID] = []
  /// What was learnt beside the topics: claims, leases that were read.
  var inbox: [(run: RunID, event: RunEvent)] = []
  var renewedAt: Uptime
  /// Whether this start is counted: it is, from the first input on that it tries to take in.
  var isStartCounted = false
  private var isUnsettled = false
  private var waiters: [() -> Void] = []

  struct LogPosition {
    var incarnation: String
    var next: Int64
  }

  init(
    _ record: PartitionRecord, version: CommitID, ports: SchedulerPorts, plans: PlanSource,
    hints: HintPublisher
  ) {
    partition = Int(clamping: record.partition)
    self.record = record
    self.version = version
    self.ports = ports
    self.hints = hints
    loader = RunLoader(ports: ports, plans: plans)
    poison = PoisonGuard(startsWithoutProgress: Int(record.startsWithoutProgress))
    window = OfferWindow(sizeMin: ports.configuration.offeredMin)
    renewedAt = ports.context.time.uptime()
  }

  /// Runs until the task is cancelled or the partition is lost.
  func run() async throws(End) {
    await recover()
    while !Task.isCancelled {
      let deliveries = await fetch()
      if Task.isCancelled { break }
      do throws(BatchFailure) {
        try await turn(deliveries)
      } catch {
        try await handle(error)
      }
    }
  }

  /// Calls `body` when memory says what the store says: not between a decision and its commit.
  func whenSettled<Answer: Sendable>(
    _ body: @escaping @Sendable (isolated PartitionOwner) -> Answer
  ) async -> Answer {
    guard isUnsettled else { return body(self) }
    return await withCheckedContinuation { continuation in
      waiters.append { [self] in
        assumeIsolated { owner in continuation.resume(returning: body(owner)) }
      }
    }
  }

  func learn(slots: SortedMap<PoolName, Int>) {
    window.learn(slots: slots)
  }

  /// Takes in what others saw; it is applied with the next batch.
  func notice(_ events: [(run: RunID, event: RunEvent)]) {
    inbox += events
  }

  func beginDeciding() {
    isUnsettled = true
  }

  func endDeciding() {
    isUnsettled = false
    let settled = waiters
    waiters = []
    for waiter in settled { waiter() }
  }

  // MARK: Input

  /// What has come, or nothing after the time until something is due.
  private func fetch() async -> [BusDelivery] {
    let from = SchedulerTopics.inputs.compactMap { topic in
      positions[topic].map { (place: TopicPartition(topic, partition), offset: $0.next) }
    }
    do throws(BusError) {
      return try await ports.bus.fetch(
        from, recordsMax: recordsMax, wait: idleFor())
    } catch {
      ports.context.telemetry.log(
        .warning, "partition.fetch-failed",
        [("partition", "\(partition)"), ("error", "\(error)")])
      if error == .offsetGone { try? await placeOffsets() }
      try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      return []
    }
  }

  private var recordsMax: Int {
    isCareful ? 1 : poison.recordsMax(ports.configuration.recordsPerBatchMax)
  }

  private func idleFor() -> Duration {
    guard inbox.isEmpty, busy.isEmpty else { return .zero }
    let now = ports.context.time
    let untilRenewal =
      ports.configuration.partitionRenewEvery - (now.uptime() - renewedAt)
    let untilDue = clock.next.map { $0 - now.now() } ?? untilRenewal
    return max(.zero, min(untilRenewal, untilDue))
  }

  // MARK: Failure

  /// Drops everything in memory and reads it again, if the partition is still ours.
  private func handle(_ failure: BatchFailure) async throws(End) {
    ports.context.telemetry.log(
      .warning, "partition.batch-failed",
      [("partition", "\(partition)"), ("error", "\(failure)")])
    // What was decided and not stored must not be seen by those who waited.
    runs = [:]
    endDeciding()
    if case .refused = failure { isCareful = true }
    while !Task.isCancelled {
      do throws(BatchFailure) {
        try await ports.context.time.pause(for: ports.configuration.retryWait)
        try await readPartition()
      } catch {
        if case .lost = error { throw .lost }
        continue
      }
      await recover()
      return
    }
  }

  /// Reads the partition row again, waiting for a commit in doubt.
  private func readPartition() async throws(BatchFailure) {
    let rows: [StoredRow?]
    do throws(StoreError) {
      rows = try await ports.store.settle(
        SchedulerTables.partitions.name, [[.integer(Int64(partition))]])
    } catch {
      throw .store(error)
    }
    guard let row = rows.first ?? nil, let now = SchedulerTables.partitions.record(row.row),
      now.owner == record.owner, now.epoch == record.epoch
    else { throw .lost }
    record = now
    version = row.version
  }

  /// Forgets all runs and finds those that want attention.
  private func recover() async {
    runs = [:]
    busy = []
    inbox = []
    clock = OwnerClock()
    window = window.emptied
    while !Task.isCancelled {
      do {
        try await placeOffsets()
        try await findDormant()
        return
      } catch {
        ports.context.telemetry.log(
          .warning, "partition.recovery-failed",
          [("partition", "\(partition)"), ("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
  }

  /// Where to read on in each topic. Rewinding is always legal, and what happens when a log is not
  /// the one that the offset is about.
  private func placeOffsets() async throws {
    for topic in SchedulerTopics.inputs {
      let bounds = try await ports.bus.bounds(TopicPartition(topic, partition))
      let known = record.offsets.first { $0.topic == topic }
      let isSame =
        known?.incarnation == bounds.incarnation
        && (bounds.earliest...max(bounds.end, bounds.earliest)).contains(known?.next ?? -1)
      positions[topic] = LogPosition(
        incarnation: bounds.incarnation, next: isSame ? known?.next ?? 0 : bounds.earliest)
    }
  }

  /// Live runs of the partition, with when they want to be woken. They are loaded when they are.
  private func findDormant() async throws {
    dormant = []
    var cursor: RecordCursor?
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.runs,
        RecordQuery(
          table: SchedulerTables.runs.name, index: "live", prefix: [.integer(Int64(partition))],
          limit: RunLoader.tasksPerPage, after: cursor))
      for row in page.records {
        guard let id = RunID(text: row.record.run) else { continue }
        dormant.insert(id)
        if let due = row.record.deadlineUs { clock.watch(id, Moment(microseconds: due)) }
      }
      cursor = page.next
    } while cursor != nil
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.tasks,
        RecordQuery(
          table: SchedulerTables.tasks.name, index: "due", prefix: [.integer(Int64(partition))],
          limit: RunLoader.tasksPerPage, after: cursor))
      for row in page.records {
        guard let id = RunID(text: row.record.run), let due = row.record.deadlineUs,
          dormant.contains(id)
        else { continue }
        clock.watch(id, Moment(microseconds: due))
      }
      cursor = page.next
    } while cursor != nil
  }
}

/// Why a batch came to nothing.
enum BatchFailure: Error {
  case store(StoreError)
  /// The commit will never work as it is: something in it is too large or not allowed.
  case refused(String)
  case unavailable(String)
  case lost
  case cancelled
}

/// When runs want to be woken, the earliest first. Entries that no longer hold wake for nothing.
struct OwnerClock {
  private struct Alarm: Comparable {
    var at: Moment
    var run: RunID

    static func < (left: Alarm, right: Alarm) -> Bool {
      (left.at, left.run) < (right.at, right.run)
    }
  }

  private var alarms = Heap<Alarm>()

  var next: Moment? { alarms.first?.at }

  mutating func watch(_ run: RunID, _ at: Moment) {
    alarms.push(Alarm(at: at, run: run))
  }

  /// The runs that are due, each once.
  mutating func due(at now: Moment, max: Int) -> SortedSet<RunID> {
    var due: SortedSet<RunID> = []
    while let alarm = alarms.first, alarm.at <= now, due.count < max {
      alarms.pop()
      due.insert(alarm.run)
    }
    return due
  }
}

extension Time {
  func pause(for length: Duration) async throws(BatchFailure) {
    do throws(CancellationError) {
      try await sleep(for: length)
    } catch {
      throw .cancelled
    }
  }
}
