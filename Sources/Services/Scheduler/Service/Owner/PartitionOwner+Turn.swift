internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

extension PartitionOwner {
  /// One batch: gather, decide, commit, follow up.
  func turn(_ deliveries: [BusDelivery]) async throws(BatchFailure) {
    var deliveries = deliveries
    if let first = deliveries.first, !isStartCounted {
      try await countStart(with: first)
      // The count may have made this a start with care.
      deliveries = Array(deliveries.prefix(poison.recordsMax(deliveries.count)))
    }
    if let (suspect, cause) = suspect(among: deliveries) {
      // By itself, and without a look at what it says: that is what went wrong before.
      return try await commit(try await setAside(suspect, cause), [suspect], due: [])
    }
    do throws(BatchFailure) {
      let due = clock.due(
        at: ports.context.time.now(), max: ports.configuration.rowsPerBatchMax)
      try await commit(try await gather(deliveries, due: due), deliveries, due: due)
    } catch {
      if case .refused(let why) = error { noteRefusal(of: deliveries, why) }
      throw error
    }
    care.committed(records: deliveries.count)
  }

  private func commit(
    _ inputs: GatheredInputs, _ deliveries: [BusDelivery], due: SortedSet<RunID>
  ) async throws(BatchFailure) {
    let now = ports.context.time.now()
    beginDeciding()
    var batch = OwnerBatch()
    decide(inputs, due: due, into: &batch, at: now)
    try await commit(&batch)
    endDeciding()
    tellTraces(of: batch, deliveries, since: now)
    await followUp(batch)
  }

  /// What the store refuses today it refuses tomorrow: the record that it follows from is looked
  /// for, and set aside.
  private func noteRefusal(of deliveries: [BusDelivery], _ why: String) {
    care.refused(records: deliveries.count)
    if deliveries.count == 1, let only = deliveries.first {
      refused = (only.place, only.offset, "what followed from it could not be stored: \(why)")
    }
  }

  /// The record that must not be tried again, if it is at hand.
  private func suspect(among deliveries: [BusDelivery]) -> (BusDelivery, cause: String)? {
    for delivery in deliveries {
      if let refused, refused.place == delivery.place, refused.offset == delivery.offset {
        return (delivery, refused.cause)
      }
      if poison.setAside == PoisonGuard.Place(delivery.place.topic, delivery.offset) {
        return (delivery, "starts with it came to nothing")
      }
    }
    return nil
  }

  /// Everything that the batch decides, from facts in memory only.
  private func decide(
    _ inputs: GatheredInputs, due: SortedSet<RunID>, into batch: inout OwnerBatch, at now: Moment
  ) {
    batch.entries = inputs.entries
    batch.messages = inputs.messages
    batch.offsets = inputs.offsets
    for (run, machine) in inputs.newRuns {
      let entry = RunEntry(machine)
      entry.isRunChanged = true
      runs[run] = entry
      batch.touched.insert(run)
    }
    var room = ports.configuration.rowsPerBatchMax - batch.entries.count - inputs.newRuns.count
    decideLimits(
      inputs.limitEvents, into: &batch, rowsMax: ports.configuration.rowsPerBatchMax / 4, at: now)
    room -= batch.messages.count
    for (run, event) in inputs.events {
      room -= apply(event, to: run, into: &batch, at: now)
    }
    let learnt = inbox
    inbox = []
    for (index, (run, event)) in learnt.enumerated() {
      guard room > 0 else {
        inbox = Array(learnt[index...])
        break
      }
      room -= apply(event, to: run, into: &batch, at: now)
    }
    for run in due {
      // Its alarm is spent, so that its deadline must be watched anew even if it has not moved.
      runs[run]?.watchedDeadline = nil
      guard room > 0 else {
        clock.watch(run, now)
        continue
      }
      room -= apply(.timeReached, to: run, into: &batch, at: now)
    }
    // Once for each run, however much has happened to it.
    for id in batch.touched { if let entry = runs[id] { noteWork(of: entry) } }
    // A part is kept for offers, so that workers need not wait until a large run is expanded.
    let reserved = min(room, ports.configuration.rowsPerBatchMax / 4)
    continueWork(into: &batch, rowsMax: room - max(reserved, 0), at: now)
    offer(into: &batch, rowsMax: max(reserved, ports.configuration.offeredMin), at: now)
    close(&batch, at: now)
  }

  /// - Returns: about how many rows the event changed.
  private func apply(
    _ event: RunEvent, to run: RunID, into batch: inout OwnerBatch, at now: Moment
  ) -> Int {
    guard let entry = runs[run] else { return 0 }
    if case .attemptEnded(let key, let fence, let report) = event {
      measure(report, of: key, fence, in: entry.machine)
      if let span = span(of: report, key, fence, in: entry.machine) { batch.spans.append(span) }
    }
    let effects = entry.machine.apply(event, at: now)
    noteEnds(effects, of: entry, into: &batch)
    if case .attemptEnded(let key, _, _) = event { countRetry(of: key, in: entry.machine) }
    batch.take(effects, of: entry, at: now)
    batch.touched.insert(run)
    return effects.count
  }

  private func noteWork(of entry: RunEntry) {
    // One look: what is asked of it in place has the whole machine copied for each question.
    let machine = entry.machine
    let run = machine.run
    if machine.hasWork, !entry.isBusy {
      entry.isBusy = true
      busy.append(run.id)
    }
    for pool in machine.readyPools {
      window.enqueue(run.id, of: run.namespace, run.priority, in: pool)
    }
    account(entry)
  }

  private func account(_ entry: RunEntry) {
    window.account(before: entry.accounted, after: entry.machine.inFlight)
    entry.accounted = entry.machine.inFlight
  }

  /// Lets the runs that have work left go on in turns, until the batch is full.
  private func continueWork(
    into batch: inout OwnerBatch, rowsMax: Int, at now: Moment
  ) {
    var room = rowsMax
    let share = max(room / max(busy.count, 1), 64)
    var turns = busy.count
    while turns > 0, room > 0, !busy.isEmpty {
      turns -= 1
      let id = busy.removeFirst()
      guard let entry = runs[id] else { continue }
      entry.isBusy = false
      let effects = entry.machine.apply(.workContinued(rowsMax: min(share, room)), at: now)
      room -= effects.count
      noteEnds(effects, of: entry, into: &batch)
      batch.take(effects, of: entry, at: now)
      batch.touched.insert(id)
      noteWork(of: entry)
    }
  }

  /// Offers ready tasks while their pools have room, the runs in turns.
  private func offer(into batch: inout OwnerBatch, rowsMax: Int, at now: Moment) {
    var room = rowsMax
    for pool in window.waitingPools {
      while room > 0, let id = window.nextTurn(in: pool) {
        guard let entry = runs[id], let place = entry.machine.nextReady(in: pool) else { continue }
        batch.take(entry.machine.apply(.offered(place), at: now), of: entry, at: now)
        batch.touched.insert(id)
        room -= 1
        account(entry)
        guard entry.machine.nextReady(in: pool) != nil else { continue }
        window.enqueue(
          id, of: entry.machine.run.namespace, entry.machine.run.priority, in: pool)
      }
    }
  }

  private func close(_ batch: inout OwnerBatch, at now: Moment) {
    for id in batch.touched {
      guard let entry = runs[id] else { continue }
      batch.take(entry.machine.closeBatch(), of: entry, at: now)
      if let deadline = entry.machine.deadline, deadline != entry.watchedDeadline {
        entry.watchedDeadline = deadline
        clock.watch(id, deadline)
      }
    }
  }

  // MARK: Commit

  private func commit(_ batch: inout OwnerBatch) async throws(BatchFailure) {
    var entries = batch.entries
    for id in batch.touched {
      guard let entry = runs[id] else { continue }
      entries += entry.entries(partition: partition)
    }
    for limit in batch.touchedLimits {
      entries += limits[limit]?.entries(partition: partition) ?? []
    }
    let uptime = ports.context.time.uptime()
    let isRenewalDue = uptime - renewedAt >= ports.configuration.partitionRenewEvery
    guard
      !entries.isEmpty || !batch.messages.isEmpty || !batch.offsets.isEmpty || isRenewalDue
    else { return }
    var next = renewal
    if !batch.offsets.isEmpty {
      next.offsets = positions.map { topic, position in
        PartitionRecord.Offset(
          topic: topic, incarnation: position.incarnation,
          next: batch.offsets[topic] ?? position.next)
      }
    }
    entries.append(SchedulerTables.partitions.update(next, over: version))
    do throws(StoreError) {
      version = try await ports.store.commit(
        RecordBatch(entries: entries, messages: batch.messages))
    } catch {
      throw BatchFailure(error)
    }
    measureCommit(rows: entries.count, since: uptime)
    renewed(next, at: uptime)
    if !batch.offsets.isEmpty { refused = nil }
    for (topic, offset) in batch.offsets { positions[topic]?.next = offset }
    stored(batch)
  }

  private func stored(_ batch: OwnerBatch) {
    limitsStored(batch)
    for id in batch.touched {
      guard let entry = runs[id] else { continue }
      entry.stored(as: version)
      guard entry.machine.isEnded else { continue }
      ends.ended(id)
      window.account(before: entry.accounted, after: [:])
      runs[id] = nil
    }
  }

  // MARK: Follow-ups

  /// What happens after the commit and may be lost.
  private func followUp(_ batch: OwnerBatch) async {
    guard batch.hasFollowUps else { return }
    var hintsToSend = batch.hints
    let attempts = batch.leasesToRead + batch.offersToCheck.map(\.attempt)
    if !attempts.isEmpty {
      guard let claims = await readClaims(attempts) else { return hints.send(hintsToSend) }
      for attempt in batch.leasesToRead {
        inbox.append(
          (attempt.run, .leaseRead(attempt.task, attempt.fence, claims[attempt] ?? nil)))
      }
      for (attempt, pool) in batch.offersToCheck {
        if let claim = claims[attempt] ?? nil {
          inbox.append((attempt.run, .claimed(attempt.task, attempt.fence, claim)))
        } else {
          hintsToSend.append(.hint(attempt, pool, at: ports.context.time.now()))
        }
      }
    }
    hints.send(hintsToSend)
  }

  /// Who holds the attempts; nil when the store has no answer, so that it is asked again when they
  /// are due the next time.
  private func readClaims(_ attempts: [AttemptID]) async -> SortedMap<AttemptID, Claim?>? {
    do throws(StoreError) {
      let leases = try await ports.store.get(
        SchedulerTables.leases, attempts.map { [.text($0.description)] })
      return SortedMap(
        zip(attempts, leases).map { attempt, lease in (attempt, lease?.record.claim) })
    } catch {
      ports.context.telemetry.log(.warning, "leases.unread", [("error", "\(error)")])
      return nil
    }
  }
}

extension LeaseRecord {
  /// Nil when the session's id cannot be understood.
  var claim: Claim? {
    SessionID(text: session).map {
      Claim(session: $0, worker: worker, at: Moment(microseconds: claimedAtUs))
    }
  }
}
