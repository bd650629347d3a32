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
  let ends: EndWatch

  var record: PartitionRecord
  var version: CommitID
  var poison: PoisonGuard
  var care = BatchCare.usual
  /// The record that could not be stored by itself, with the cause.
  var refused: (place: TopicPartition, offset: Int64, cause: String)?
  var positions: SortedMap<String, LogPosition> = [:]
  var runs: SortedMap<RunID, RunEntry> = [:]
  /// Live runs that are stored and not loaded.
  var dormant: SortedSet<RunID> = []
  /// Runs that commands wait for.
  var awaited: SortedSet<RunID> = []
  /// Limits whose keys belong to the partition, while somebody has or wants one of their permits.
  var limits: SortedMap<LimitKey, LimitEntry> = [:]
  /// Limits with something left to decide.
  var busyLimits: SortedSet<LimitKey> = []
  /// When to look again for claims that are due; nil at once.
  var limitsCheckAt: Uptime?
  /// Whether the store may have claims on limits of the partition, which only its owner writes.
  var mayHaveClaims = true
  var window: OfferWindow
  var clock = OwnerClock()
  /// Runs with work left for the next batch, in the order of their turns.
  var busy: [RunID] = []
  /// What was learnt beside the topics: claims, leases that were read.
  var inbox: [(run: RunID, event: RunEvent)] = []
  var renewedAt: Uptime
  /// Whether this start is counted: it is, from the first input on that it tries to take in.
  var isStartCounted = false
  /// Until when it waits for input, or for the broker, with nothing in hand; nil while it works.
  var idleUntil: Uptime?
  /// Whether the partition row is with whoever renews those of the whole process.
  var isLent = false
  /// What became of the last renewal, if it was not what it should be.
  var renewalFailure: BatchFailure?
  /// Who waits until the row is back.
  var borrowed: [CheckedContinuation<Void, Never>] = []
  private var isUnsettled = false
  /// Whether all live runs are in memory or known to sleep: not before they were looked for, and
  /// not between a failure and the next look.
  private var isRecovered = false
  private var waiters: [() -> Void] = []
  private var logsCheckedAt: Uptime
  /// What was told last of what waits, and when.
  var toldPools: SortedSet<PoolName> = []
  var toldAt: Uptime?

  struct LogPosition {
    var incarnation: String
    var next: Int64
  }

  init(
    _ taken: TakenPartition, ports: SchedulerPorts, plans: PlanSource, hints: HintPublisher,
    ends: EndWatch
  ) {
    let record = taken.record
    partition = Int(clamping: record.partition)
    self.record = record
    version = taken.version
    self.ports = ports
    self.hints = hints
    self.ends = ends
    loader = RunLoader(ports: ports, plans: plans)
    poison = PoisonGuard(
      startsWithoutProgress: Int(record.startsWithoutProgress),
      head: record.headTopic.isEmpty
        ? nil : PoisonGuard.Place(record.headTopic, record.headOffset))
    // Whatever comes before the record that kills is taken in by itself as well, so that this one
    // is the first of the next start.
    if poison.isCareful { care = .oneByOne(left: ports.configuration.recordsPerBatchMax) }
    window = OfferWindow(sizeMin: ports.configuration.offeredMin)
    renewedAt = taken.at
    logsCheckedAt = taken.at
  }

  /// Whether memory is what the store says: nobody else can own the partition yet, and nothing is
  /// missing.
  var isSure: Bool {
    isRecovered && ports.context.time.uptime() - renewedAt < ports.configuration.partitionLease
  }

  /// Runs until the task is cancelled or the partition is lost.
  func run() async throws(End) {
    defer { tellNothing() }
    await recover()
    while !Task.isCancelled {
      tellGauges()
      await checkLogs()
      let deliveries = await fetch()
      await untilReturned()
      if Task.isCancelled { break }
      do throws(BatchFailure) {
        if let failure = renewalFailure { throw failure }
        try await turn(deliveries)
      } catch {
        try await handle(error)
      }
    }
  }

  /// Gives the partition back, so that nobody waits for its lease to end. Called when `run` has
  /// returned; a commit that was cut off is settled first.
  func release() async {
    await untilReturned()
    for _ in 0..<PartitionOwner.releaseTriesMax {
      do throws(BatchFailure) {
        try await readPartition()
        if isStartCounted { poison.survived() }
        isStartCounted = false
        var next = record
        next.take(poison)
        next.owner = ""
        next.renewals += 1
        try await write(next)
        ports.context.telemetry.log(
          .info, "partition.released", [("partition", "\(partition)")])
        return
      } catch {
        if case .lost = error { return }
        ports.context.telemetry.log(
          .info, "partition.not-released",
          [("partition", "\(partition)"), ("error", "\(error)")])
      }
    }
  }

  /// After that its lease has to end by itself.
  private static let releaseTriesMax = 3

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
    // A start with care begins with the record that the one before began with.
    let topics = poison.head.map { [$0.topic] } ?? SchedulerTopics.inputs
    let from = topics.compactMap { topic in
      positions[topic].map { (place: TopicPartition(topic, partition), offset: $0.next) }
    }
    let wait = idleFor()
    idleUntil = wait > .zero ? ports.context.time.uptime() + wait : nil
    defer { idleUntil = nil }
    do throws(BusError) {
      let fetched = try await ports.bus.fetch(from, recordsMax: recordsMax, wait: wait)
      return withinBytes(fetched)
    } catch {
      ports.context.telemetry.log(
        .warning, "partition.fetch-failed",
        [("partition", "\(partition)"), ("error", "\(error)")])
      idleUntil = nil
      if error == .offsetGone { try? await placeOffsets() }
      try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      return []
    }
  }

  /// As many as one batch can store.
  private func withinBytes(_ deliveries: [BusDelivery]) -> [BusDelivery] {
    var bytes = 0
    let count = deliveries.prefix { delivery in
      bytes += delivery.record.value.count
      return bytes <= ports.configuration.bytesPerBatchMax
    }.count
    return Array(deliveries.prefix(max(count, 1)))
  }

  private var recordsMax: Int {
    if ports.context.probe.buggify("owner.one-record") { return 1 }
    return poison.recordsMax(care.recordsMax(ports.configuration.recordsPerBatchMax))
  }

  /// A log that was made anew may have grown beyond our offset before anybody noticed.
  private func checkLogs() async {
    let now = ports.context.time.uptime()
    guard now - logsCheckedAt >= ports.configuration.logsCheckEvery else { return }
    logsCheckedAt = now
    beginAsking()
    defer { idleUntil = nil }
    do {
      try await placeOffsets()
    } catch {
      ports.context.telemetry.log(
        .warning, "partition.logs-unchecked",
        [("partition", "\(partition)"), ("error", "\(error)")])
    }
  }

  private func idleFor() -> Duration {
    guard inbox.isEmpty, busy.isEmpty, busyLimits.isEmpty else { return .zero }
    // Where there are runs, others may have seen their claims.
    let longest =
      runs.isEmpty && limits.isEmpty
      ? ports.configuration.partitionLease : ports.configuration.partitionRenewEvery
    let untilDue = clock.next.map { $0 - ports.context.time.now() } ?? longest
    return max(.zero, min(longest, untilDue))
  }

  // MARK: Failure

  /// Drops everything in memory and reads it again, if the partition is still ours.
  private func handle(_ failure: BatchFailure) async throws(End) {
    ports.context.telemetry.log(
      .warning, "partition.batch-failed",
      [("partition", "\(partition)"), ("error", "\(failure)")])
    // What was decided and not stored must not be seen by those who waited.
    isRecovered = false
    renewalFailure = nil
    runs = [:]
    limits = [:]
    endDeciding()
    while !Task.isCancelled {
      do throws(BatchFailure) {
        try await ports.context.time.pause(for: ports.configuration.retryWait)
        try await readPartition()
        try await uncountStart()
      } catch {
        if case .lost = error { throw .lost }
        continue
      }
      await recover()
      return
    }
  }

  /// Writes the partition row by itself, over the version that is known.
  func write(_ next: PartitionRecord) async throws(BatchFailure) {
    do throws(StoreError) {
      version = try await ports.store.commit(
        RecordBatch(entries: [SchedulerTables.partitions.update(next, over: version)]))
    } catch {
      throw BatchFailure(error)
    }
  }

  /// Reads the partition row again, waiting for a commit in doubt.
  private func readPartition() async throws(BatchFailure) {
    let rows: [StoredRow?]
    do throws(StoreError) {
      rows = try await ports.store.settle(
        SchedulerTables.partitions.name, [[.integer(Int64(partition))]])
    } catch {
      throw BatchFailure(error)
    }
    guard let row = rows.first ?? nil, let now = SchedulerTables.partitions.record(row.row),
      now.owner == record.owner, now.epoch == record.epoch
    else { throw .lost }
    record = now
    version = row.version
  }

  /// Forgets all runs and finds those that want attention.
  private func recover() async {
    isRecovered = false
    runs = [:]
    busy = []
    limits = [:]
    busyLimits = []
    limitsCheckAt = nil
    mayHaveClaims = true
    inbox = []
    clock = OwnerClock()
    window = window.emptied
    beginAsking()
    defer { idleUntil = nil }
    while !Task.isCancelled {
      do {
        try await placeOffsets()
        try await findDormant()
        try await findAwaited()
        isRecovered = true
        return
      } catch {
        ports.context.telemetry.log(
          .warning, "partition.recovery-failed",
          [("partition", "\(partition)"), ("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
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

  init(_ error: StoreError) {
    if case .refused(let why) = error { self = .refused(why) } else { self = .store(error) }
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
