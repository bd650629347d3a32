internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Wire

/// The facts of one batch, read before anything is decided.
struct GatheredInputs {
  var newRuns: [(run: RunID, machine: RunMachine)] = []
  var events: [(run: RunID, event: RunEvent)] = []
  var limitEvents: [(limit: LimitKey, event: LimitMachine.Event)] = []
  /// Runs among those of the inputs that have ended.
  var endedRuns: SortedSet<RunID> = []
  /// What is answered to inputs about runs that are over.
  var messages: [OutboxMessage] = []
  /// Rows that the inputs themselves write: dead letters, commands that wait for their run.
  var entries: [RecordBatch.Entry] = []
  var offsets: SortedMap<String, Int64> = [:]
}

extension PartitionOwner {
  /// Understands the deliveries and loads the runs that they and the clock are about.
  ///
  /// A delivery that cannot be taken in now stops its topic: what follows it comes again. Starts
  /// come first, so that a command which came together with its run finds it.
  func gather(
    _ deliveries: [BusDelivery], due: SortedSet<RunID>
  ) async throws(BatchFailure) -> GatheredInputs {
    let inputs = deliveries.map { (delivery: $0, input: OwnerInput($0)) }
    var gathered = GatheredInputs()
    let known = try await load(SortedSet(inputs.compactMap(\.input.run) + due), &gathered)
    var started: SortedSet<RunID> = []
    for (delivery, input) in inputs where delivery.place.topic == SchedulerTopics.started {
      if case .started(let message, let run) = input, !known.contains(run), !started.contains(run) {
        guard let machine = try await begin(message, run, delivery.record.trace, &gathered) else {
          break
        }
        started.insert(run)
        gathered.newRuns.append((run, machine))
      } else if case .broken(let cause) = input {
        try await setAside(delivery, cause, &gathered)
      }
      gathered.offsets[delivery.place.topic] = delivery.offset + 1
    }
    for (delivery, input) in inputs where delivery.place.topic != SchedulerTopics.started {
      switch input {
      case .started:
        continue
      case .limit(let limit, let event):
        gathered.limitEvents.append((limit, event))
      case .ended(let attempt, let report):
        gathered.events.append(
          (attempt.run, .attemptEnded(attempt.task, attempt.fence, report)))
      case .command(let message, let run):
        try await take(
          message, run, isKnown: known.contains(run) || started.contains(run), &gathered)
      case .broken(let cause):
        try await setAside(delivery, cause, &gathered)
      }
      gathered.offsets[delivery.place.topic] = delivery.offset + 1
    }
    try await gatherLimits(&gathered)
    return gathered
  }

  /// Loads the live ones among the runs and answers which of them exist at all. One that cannot be
  /// loaded, now or ever, is quarantined: it must not stop the others.
  private func load(
    _ wanted: SortedSet<RunID>, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) -> SortedSet<RunID> {
    var existing = SortedSet(wanted.filter { runs[$0] != nil })
    let missing = wanted.filter { runs[$0] == nil }
    guard !missing.isEmpty else { return existing }
    let rows: [Versioned<RunRecord>?]
    do throws(RunLoader.Failure) {
      rows = try await loader.rows(missing)
    } catch {
      switch error {
      case .unavailable(let why): throw .unavailable(why)
      case .broken(let why): throw .refused(why)
      }
    }
    for (id, row) in zip(missing, rows) {
      guard let row else { continue }
      existing.insert(id)
      guard row.record.phase != "ended" else {
        gathered.endedRuns.insert(id)
        continue
      }
      do throws(RunLoader.Failure) {
        let entry = RunEntry(try await loader.load(row))
        runs[id] = entry
        dormant.remove(id)
        adopt(entry)
      } catch {
        guard case .broken(let why) = error else { throw .unavailable("\(error)") }
        quarantine(row, "it cannot be read: \(why)", code: "run-unreadable", &gathered)
      }
    }
    return existing
  }

  /// A run that was loaded takes its place among the others.
  private func adopt(_ entry: RunEntry) {
    let id = entry.machine.run.id
    window.account(before: [:], after: entry.machine.inFlight)
    entry.accounted = entry.machine.inFlight
    let run = entry.machine.run
    for pool in entry.machine.readyPools {
      window.enqueue(id, of: run.namespace, run.priority, in: pool)
    }
    if entry.machine.hasWork {
      entry.isBusy = true
      busy.append(id)
    }
    if let deadline = entry.machine.deadline {
      entry.watchedDeadline = deadline
      clock.watch(id, deadline)
    }
  }

  /// A new run and the commands that were waiting for it; nil when its plan cannot be had now.
  private func begin(
    _ message: WorkflowStarted, _ run: RunID, _ trace: TraceContext?,
    _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) -> RunMachine? {
    guard var state = state(of: message, run) else { return nil }
    if let trace, trace.isSampled { state.trace = trace }
    let plan: Plan
    do throws(PlanSource.Failure) {
      plan = try await loader.plans.plan(
        PlanSource.Key(
          namespace: state.namespace, workflow: state.workflow, version: VersionID(message.version))
      )
    } catch {
      switch error {
      case .unavailable(let why):
        ports.context.telemetry.log(
          .warning, "run.plan-unavailable", [("run", run.text), ("error", why)])
        try await ports.context.time.pause(for: ports.configuration.retryWait)
        return nil
      case .missing(let why):
        let reason = Reason(
          code: "definition-missing", message: "the definition cannot be used: \(why)",
          since: state.startedAt)
        return quarantined(state, reason, message)
      }
    }
    try await takePending(run, &gathered)
    guard let rerun = message.rerun else { return RunMachine(starting: state, plan: plan) }
    return try await begin(rerun, state, plan)
  }

  /// A run that does a part of an earlier one again and takes the rest over from it.
  private func begin(
    _ message: RerunMessage, _ run: RunState, _ plan: Plan
  ) async throws(BatchFailure) -> RunMachine? {
    var run = run
    let now = run.startedAt
    func refused(_ why: String) -> RunMachine {
      run.phase = .quarantined
      run.reason = Reason(
        code: "rerun-impossible", message: "\(why); start the workflow anew", since: now,
        blockers: [message.run])
      return RunMachine(restoring: run, plan: plan, tasks: [], at: now)
    }
    guard let source = RunID(text: message.run),
      let rerun = Rerun(message, by: run.principal, at: now)
    else { return refused("the rerun cannot be understood") }
    do throws(RunLoader.Failure) {
      guard let earlier = try await loader.load(source) else {
        return refused("run \(source) is not kept any more")
      }
      guard earlier.run.isOver else { return refused("run \(source) has not ended") }
      let kept = earlier.kept(for: rerun, on: plan)
      run.kept = kept
      return RunMachine(starting: run, plan: plan, keeping: earlier.keeping(kept, on: plan))
    } catch {
      switch error {
      case .broken(let why): return refused(why)
      case .unavailable(let why):
        ports.context.telemetry.log(
          .warning, "run.rerun-unavailable", [("run", run.id.text), ("error", why)])
        try await ports.context.time.pause(for: ports.configuration.retryWait)
        return nil
      }
    }
  }

  /// Nil when the message names what cannot be a name.
  private func state(of message: WorkflowStarted, _ run: RunID) -> RunState? {
    guard let namespace = NamespaceName(message.namespace),
      let workflow = WorkflowName(message.workflow)
    else { return nil }
    var state = RunState(
      id: run, namespace: namespace, workflow: workflow,
      inputs: SortedMap<String, Value>(message.inputs) ?? [:], labels: message.labels,
      principal: message.principal, createdAt: Moment(microseconds: message.createdAtUs),
      startedAt: ports.context.time.now())
    state.priority = Priority(rawValue: message.priority) ?? .normal
    return state
  }

  /// A run that is set aside from its beginning, known by name only.
  private func quarantined(
    _ state: RunState, _ reason: Reason, _ message: WorkflowStarted
  ) -> RunMachine {
    var state = state
    state.phase = .quarantined
    state.reason = reason
    let plan = Plan.empty(
      namespace: state.namespace, workflow: state.workflow, version: VersionID(message.version))
    return RunMachine(restoring: state, plan: plan, tasks: [], at: state.startedAt)
  }

  /// Commands that came before their run.
  private func takePending(
    _ run: RunID, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) {
    guard awaited.contains(run) else { return }
    awaited.remove(run)
    var cursor: RecordCursor?
    do throws(StoreError) {
      repeat {
        let page = try await ports.store.query(
          SchedulerTables.pendingCommands,
          RecordQuery(
            table: SchedulerTables.pendingCommands.name, prefix: [.text(run.text)], limit: 100,
            after: cursor))
        for row in page.records {
          gathered.entries.append(
            SchedulerTables.pendingCommands.delete(
              [.text(row.record.run), .text(row.record.command)], over: row.version))
          if let command = try? RunCommand(decoding: row.record.event), let event = command.event {
            gathered.events.append((run, event))
          }
        }
        cursor = page.next
        // Whoever sends more commands to a run that is not there does not get all of them.
      } while cursor != nil && gathered.entries.count < ports.configuration.recordsPerBatchMax
    } catch {
      throw BatchFailure(error)
    }
  }

  private func take(
    _ message: RunCommand, _ run: RunID, isKnown: Bool, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) {
    guard let event = message.event else { return }
    // A permit was granted, so that the run did exist: it has ended, or was even forgotten.
    if case .permitGranted(let limit) = event, !isKnown || gathered.endedRuns.contains(run) {
      gathered.messages.append(.request(.giveBack, limit, for: run))
      return
    }
    if isKnown {
      gathered.events.append((run, event))
      return
    }
    let record = PendingCommandRecord(
      run: run.text, command: message.command, event: message.encoded(),
      receivedAtUs: ports.context.time.now().microseconds)
    try await insertOnce(SchedulerTables.pendingCommands, record, &gathered)
    awaited.insert(run)
  }

  /// Sets a record aside that cannot be understood, with its cause.
  func setAside(
    _ delivery: BusDelivery, _ cause: String, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) {
    ports.context.telemetry.count("dead_letters", 1, [("topic", delivery.place.topic)])
    ports.context.telemetry.log(
      .error, "record.dead-lettered",
      [("place", "\(delivery.place)"), ("offset", "\(delivery.offset)"), ("cause", cause)])
    let record = DeadLetterRecord(
      topic: delivery.place.topic, partition: Int64(delivery.place.partition),
      incarnation: positions[delivery.place.topic]?.incarnation ?? "", offset: delivery.offset,
      key: delivery.record.key, value: delivery.record.value, cause: cause,
      setAsideAtUs: ports.context.time.now().microseconds)
    try await insertOnce(SchedulerTables.deadLetters, record, &gathered)
  }

  /// Inserts a record unless it is there already, as after a rewind.
  private func insertOnce<Record>(
    _ table: Table<Record>, _ record: Record, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) {
    let row = table.row(record)
    let isNew = !gathered.entries.contains { $0.table == table.name && $0.change.key == row.key }
    guard isNew else { return }
    do throws(StoreError) {
      let rows = try await ports.store.get(table.name, [row.key])
      if rows.first == .some(nil) { gathered.entries.append(table.insert(record)) }
    } catch {
      throw BatchFailure(error)
    }
  }

  /// After starts or commits that came to nothing: the record goes to the dead letters, and its run
  /// is quarantined by its row alone, since loading it may be what goes wrong.
  func setAside(
    _ delivery: BusDelivery, _ cause: String
  ) async throws(BatchFailure) -> GatheredInputs {
    var gathered = GatheredInputs()
    try await setAside(delivery, cause, &gathered)
    gathered.offsets[delivery.place.topic] = delivery.offset + 1
    let input = OwnerInput(delivery)
    guard let run = input.run else { return gathered }
    let place = "\(delivery.place)@\(delivery.offset)"
    let message = "\(cause): \(delivery.place) offset \(delivery.offset)"
    let row: Versioned<RunRecord>?
    do throws(StoreError) {
      row = try await ports.store.get(SchedulerTables.runs, key: [.text(run.text)])
    } catch {
      throw BatchFailure(error)
    }
    if let row {
      quarantine(row, message, code: "poison-record", blockers: [place], &gathered)
    } else if case .started(let started, _) = input {
      let reason = Reason(
        code: "poison-record", message: message, since: ports.context.time.now(),
        blockers: [place])
      // Its inputs may be what could not be stored.
      if var state = state(of: started, run) {
        state = state.withoutInputs
        gathered.newRuns.append((run, quarantined(state, reason, started)))
      }
    }
    return gathered
  }

  /// Sets a run aside by its row, whatever its tasks are.
  private func quarantine(
    _ row: Versioned<RunRecord>, _ message: String, code: String, blockers: [String] = [],
    _ gathered: inout GatheredInputs
  ) {
    guard let id = RunID(text: row.record.run), row.record.phase != "ended",
      row.record.phase != "quarantined"
    else { return }
    ports.context.telemetry.log(
      .error, "run.quarantined", [("run", id.text), ("cause", message)])
    var record = row.record
    record.phase = "quarantined"
    record.reason = ReasonMessage(
      Reason(
        code: code, message: message, since: ports.context.time.now(), blockers: blockers))
    record.deadlineUs = nil
    record.revision += 1
    gathered.entries.append(SchedulerTables.runs.update(record, over: row.version))
    guard let entry = runs[id] else { return }
    window.account(before: entry.accounted, after: [:])
    runs[id] = nil
    // It is not over, and stays as it was when this is not stored.
    dormant.insert(id)
  }
}

extension RunState {
  /// The same run as if it had been started with nothing.
  fileprivate var withoutInputs: RunState {
    RunState(
      id: id, namespace: namespace, workflow: workflow, principal: principal,
      createdAt: createdAt, startedAt: startedAt)
  }
}
