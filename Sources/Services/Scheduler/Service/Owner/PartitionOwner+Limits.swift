internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

// The limits whose keys belong to the partition: who holds their permits.
extension PartitionOwner {
  /// Loads the limits that the inputs and the clock are about.
  func gatherLimits(_ gathered: inout GatheredInputs) async throws(BatchFailure) {
    do throws(StoreError) {
      try await gatherDueClaims(&gathered)
      for limit in SortedSet(gathered.limitEvents.map(\.limit)) where limits[limit] == nil {
        limits[limit] = LimitEntry(try await load(limit))
      }
      try await learnGone(gathered.limitEvents)
    } catch {
      throw BatchFailure(error)
    }
  }

  /// Claims that are over and kept long enough go; those that hold a permit are told again.
  private func gatherDueClaims(_ gathered: inout GatheredInputs) async throws(StoreError) {
    let uptime = ports.context.time.uptime()
    guard mayHaveClaims, limitsCheckAt.map({ uptime >= $0 }) ?? true else { return }
    let now = ports.context.time.now().microseconds
    let max = ports.configuration.limitsPerCheckMax
    let page = try await ports.store.query(
      SchedulerTables.limitClaims,
      RecordQuery(
        table: SchedulerTables.limitClaims.name, index: "due",
        prefix: [.integer(Int64(partition))], limit: max))
    // Without any there is nothing to look for until one is made here. A page may be cut short, but
    // not to nothing.
    mayHaveClaims = !page.records.isEmpty || page.next != nil
    let due = page.records.filter { ($0.record.dueUs ?? .max) <= now }
    var told: SortedSet<LimitKey> = []
    for row in due {
      guard let limit = LimitKey(text: row.record.limit) else { continue }
      if row.record.phase == LimitClaimRecord.Phase.gone {
        gathered.entries.append(
          SchedulerTables.limitClaims.delete(
            [.text(row.record.limit), .text(row.record.run)], over: row.version))
      } else if told.insert(limit) {
        gathered.limitEvents.append((limit, .timeReached))
      }
    }
    // A full page may have more behind it.
    limitsCheckAt =
      due.count < max ? uptime + ports.configuration.limitsCheckEvery : uptime
  }

  /// The machine of a limit, from the claims that are live.
  private func load(_ limit: LimitKey) async throws(StoreError) -> LimitMachine {
    var claims: [LimitClaim] = []
    var cursor: RecordCursor?
    repeat {
      let page = try await ports.store.query(
        SchedulerTables.limitClaims,
        RecordQuery(
          table: SchedulerTables.limitClaims.name, index: "live",
          prefix: [.text(limit.description)], limit: RunLoader.tasksPerPage, after: cursor))
      for row in page.records {
        guard let run = RunID(text: row.record.run) else { continue }
        // What cannot be understood counts as held until its run says otherwise: too few at once
        // are better than too many.
        claims.append(
          row.record.claim(stamp: row.version.bits)
            ?? LimitClaim(
              run, size: 1, onLimit: .queue,
              phase: .holding(nextCheck: ports.context.time.now(), supersededBy: nil),
              stamp: row.version.bits))
      }
      cursor = page.next
    } while cursor != nil
    return LimitMachine(limit, claims: claims)
  }

  /// Claims that are over and whose runs are heard of again.
  private func learnGone(
    _ events: [(limit: LimitKey, event: LimitMachine.Event)]
  ) async throws(StoreError) {
    let missing = events.compactMap { limit, event -> (LimitKey, RunID)? in
      guard let run = event.run, limits[limit]?.machine.claim(of: run) == nil else { return nil }
      return (limit, run)
    }
    guard !missing.isEmpty else { return }
    let rows = try await ports.store.get(
      SchedulerTables.limitClaims,
      missing.map { limit, run in [.text(limit.description), .text(run.text)] })
    for ((limit, _), row) in zip(missing, rows) {
      guard let row, let claim = row.record.claim(stamp: row.version.bits) else { continue }
      limits[limit]?.machine.learn(claim)
    }
  }

  /// Applies what was gathered and grants what can be granted.
  func decideLimits(
    _ events: [(limit: LimitKey, event: LimitMachine.Event)], into batch: inout OwnerBatch,
    rowsMax: Int, at now: Moment
  ) {
    for (limit, event) in events {
      limits[limit]?.machine.apply(event, at: now)
      busyLimits.insert(limit)
    }
    var room = rowsMax
    for limit in busyLimits {
      guard room > 0, let entry = limits[limit] else { continue }
      let effects = entry.machine.settle(rowsMax: room, at: now)
      room -= effects.count
      batch.messages += entry.take(effects, partition: partition, at: now)
      batch.touchedLimits.insert(limit)
    }
  }

  func limitsStored(_ batch: OwnerBatch) {
    if !batch.touchedLimits.isEmpty { mayHaveClaims = true }
    for limit in batch.touchedLimits {
      guard let entry = limits[limit] else { continue }
      entry.stored(as: version)
      if !entry.machine.hasWork { busyLimits.remove(limit) }
      if entry.machine.isIdle { limits[limit] = nil }
    }
  }
}

extension LimitMachine.Event {
  var run: RunID? {
    switch self {
    case .asked(let claim): claim.run
    case .gaveBack(let run): run
    case .timeReached: nil
    }
  }
}
