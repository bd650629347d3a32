internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

extension PartitionOwner {
  /// One batch: gather, decide, commit, follow up.
  func turn(_ deliveries: [BusDelivery]) async throws(BatchFailure) {
    if !deliveries.isEmpty, !isStartCounted { try await countStart() }
    let now = ports.context.time.now()
    let due = clock.due(at: now, max: ports.configuration.rowsPerBatchMax)
    var inputs = try await gather(deliveries, due: due)
    if isCareful || poison.mustSetHeadAside { inputs = try await setAside(inputs) }

    beginDeciding()
    var batch = OwnerBatch()
    decide(inputs, due: due, into: &batch, at: now)
    try await commit(&batch)
    endDeciding()
    await followUp(batch)
  }

  /// Everything that the batch decides, from facts in memory only.
  private func decide(
    _ inputs: GatheredInputs, due: SortedSet<RunID>, into batch: inout OwnerBatch, at now: Moment
  ) {
    batch.entries = inputs.entries
    batch.offsets = inputs.offsets
    for (run, machine) in inputs.newRuns {
      let entry = RunEntry(machine)
      entry.isRunChanged = true
      runs[run] = entry
      batch.touched.insert(run)
      noteWork(of: entry)
    }
    let learnt = inbox
    inbox = []
    for (run, event) in inputs.events + learnt {
      apply(event, to: run, into: &batch, at: now)
    }
    for run in due {
      // Its alarm is spent, so that its deadline must be watched anew even if it has not moved.
      runs[run]?.watchedDeadline = nil
      apply(.timeReached, to: run, into: &batch, at: now)
    }
    continueWork(into: &batch, at: now)
    offer(into: &batch, at: now)
    close(&batch, at: now)
  }

  private func apply(
    _ event: RunEvent, to run: RunID, into batch: inout OwnerBatch, at now: Moment
  ) {
    guard let entry = runs[run] else { return }
    batch.take(entry.machine.apply(event, at: now), of: entry, at: now)
    batch.touched.insert(run)
    noteWork(of: entry)
  }

  private func noteWork(of entry: RunEntry) {
    let id = entry.machine.run.id
    if entry.machine.hasWork, !entry.isBusy {
      entry.isBusy = true
      busy.append(id)
    }
    for pool in entry.machine.readyPools { window.enqueue(id, in: pool) }
    account(entry)
  }

  private func account(_ entry: RunEntry) {
    window.account(before: entry.accounted, after: entry.machine.inFlight)
    entry.accounted = entry.machine.inFlight
  }

  /// Lets the runs that have work left go on in turns, until the batch is full.
  private func continueWork(into batch: inout OwnerBatch, at now: Moment) {
    var room = ports.configuration.rowsPerBatchMax - rowCount(of: batch)
    let share = max(room / max(busy.count, 1), 64)
    var turns = busy.count
    while turns > 0, room > 0, !busy.isEmpty {
      turns -= 1
      let id = busy.removeFirst()
      guard let entry = runs[id] else { continue }
      entry.isBusy = false
      let effects = entry.machine.apply(.workContinued(rowsMax: min(share, room)), at: now)
      room -= effects.count
      batch.take(effects, of: entry, at: now)
      batch.touched.insert(id)
      noteWork(of: entry)
    }
  }

  /// Offers ready tasks while their pools have room, the runs in turns.
  private func offer(into batch: inout OwnerBatch, at now: Moment) {
    var room = ports.configuration.rowsPerBatchMax
    for pool in window.waitingPools {
      while room > 0, let id = window.nextTurn(in: pool) {
        guard let entry = runs[id], let place = entry.machine.nextReady(in: pool) else { continue }
        batch.take(entry.machine.apply(.offered(place), at: now), of: entry, at: now)
        batch.touched.insert(id)
        room -= 1
        noteWork(of: entry)
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

  private func rowCount(of batch: OwnerBatch) -> Int {
    var count = batch.entries.count
    for id in batch.touched { count += runs[id]?.rowsChanged ?? 0 }
    return count
  }

  // MARK: Commit

  private func commit(_ batch: inout OwnerBatch) async throws(BatchFailure) {
    var entries = batch.entries
    for id in batch.touched {
      guard let entry = runs[id] else { continue }
      entries += entry.entries(partition: partition)
    }
    let uptime = ports.context.time.uptime()
    let isRenewalDue = uptime - renewedAt >= ports.configuration.partitionRenewEvery
    guard
      !entries.isEmpty || !batch.messages.isEmpty || !batch.offsets.isEmpty || isRenewalDue
    else { return }
    var next = record
    next.renewals += 1
    if !batch.offsets.isEmpty {
      next.startsWithoutProgress = 0
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
      if case .refused(let why) = error { throw .refused(why) }
      throw .store(error)
    }
    record = next
    renewedAt = uptime
    if !batch.offsets.isEmpty {
      poison.startsWithoutProgress = 0
      isCareful = false
    }
    for (topic, offset) in batch.offsets { positions[topic]?.next = offset }
    stored(batch)
  }

  /// Says in the store that this start tries to take something in, so that a record which kills the
  /// process is found by the starts that came to nothing.
  private func countStart() async throws(BatchFailure) {
    var next = record
    next.startsWithoutProgress += 1
    do throws(StoreError) {
      version = try await ports.store.commit(
        RecordBatch(entries: [SchedulerTables.partitions.update(next, over: version)]))
    } catch {
      throw .store(error)
    }
    record = next
    isStartCounted = true
    poison.startsWithoutProgress = Int(next.startsWithoutProgress)
  }

  private func stored(_ batch: OwnerBatch) {
    for id in batch.touched {
      guard let entry = runs[id] else { continue }
      entry.stored(as: version)
      guard entry.machine.isEnded else { continue }
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
