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
  /// Rows that the inputs themselves write: dead letters, commands that wait for their run.
  var entries: [RecordBatch.Entry] = []
  var offsets: SortedMap<String, Int64> = [:]
  /// The deliveries that are taken in, for setting one aside.
  var taken: [BusDelivery] = []
}

extension PartitionOwner {
  /// Understands the deliveries and loads the runs that they and the clock are about.
  ///
  /// A delivery that cannot be taken in now stops its topic: what follows it comes again.
  func gather(
    _ deliveries: [BusDelivery], due: SortedSet<RunID>
  ) async throws(BatchFailure) -> GatheredInputs {
    let inputs = deliveries.map { (delivery: $0, input: OwnerInput($0)) }
    let known = try await load(SortedSet(inputs.compactMap(\.input.run) + due))
    var gathered = GatheredInputs()
    var stopped: SortedSet<String> = []
    var started: SortedSet<RunID> = []
    for (delivery, input) in inputs where !stopped.contains(delivery.place.topic) {
      switch input {
      case .started(let message, let run):
        guard runs[run] == nil, !known.contains(run), started.insert(run) else { break }
        guard let machine = try await begin(message, run, &gathered) else {
          stopped.insert(delivery.place.topic)
          continue
        }
        gathered.newRuns.append((run, machine))
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
      gathered.taken.append(delivery)
    }
    return gathered
  }

  /// Loads the live ones among the runs and answers which of them exist at all.
  private func load(_ wanted: SortedSet<RunID>) async throws(BatchFailure) -> SortedSet<RunID> {
    var existing = SortedSet(wanted.filter { runs[$0] != nil })
    let missing = wanted.filter { runs[$0] == nil }
    guard !missing.isEmpty else { return existing }
    do throws(RunLoader.Failure) {
      let rows = try await loader.rows(missing)
      for (id, row) in zip(missing, rows) {
        guard let row else { continue }
        existing.insert(id)
        guard row.record.phase != "ended" else { continue }
        let entry = RunEntry(try await loader.load(row))
        runs[id] = entry
        dormant.remove(id)
        adopt(entry)
      }
    } catch {
      switch error {
      case .unavailable(let why): throw .unavailable(why)
      case .broken(let why): throw .refused(why)
      }
    }
    return existing
  }

  /// A run that was loaded takes its place among the others.
  private func adopt(_ entry: RunEntry) {
    let id = entry.machine.run.id
    window.account(before: [:], after: entry.machine.inFlight)
    entry.accounted = entry.machine.inFlight
    for pool in entry.machine.readyPools { window.enqueue(id, in: pool) }
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
    _ message: WorkflowStarted, _ run: RunID, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) -> RunMachine? {
    guard let namespace = NamespaceName(message.namespace),
      let workflow = WorkflowName(message.workflow)
    else { return nil }
    let now = ports.context.time.now()
    let version = VersionID(message.version)
    var state = RunState(
      id: run, namespace: namespace, workflow: workflow,
      inputs: SortedMap<String, Value>(message.inputs) ?? [:], labels: message.labels,
      principal: message.principal, createdAt: Moment(microseconds: message.createdAtUs),
      startedAt: now)
    let plan: Plan
    do throws(PlanSource.Failure) {
      plan = try await loader.plans.plan(
        PlanSource.Key(namespace: namespace, workflow: workflow, version: version))
    } catch {
      switch error {
      case .unavailable(let why):
        ports.context.telemetry.log(
          .warning, "run.plan-unavailable", [("run", run.text), ("error", why)])
        try await ports.context.time.pause(for: ports.configuration.retryWait)
        return nil
      case .missing(let why):
        state.phase = .quarantined
        state.reason = Reason(
          code: "definition-missing", message: "the definition cannot be used: \(why)", since: now)
        return RunMachine(
          restoring: state,
          plan: .empty(namespace: namespace, workflow: workflow, version: version), tasks: [],
          at: now)
      }
    }
    try await takePending(run, &gathered)
    return RunMachine(starting: state, plan: plan)
  }

  /// Commands that came before their run.
  private func takePending(
    _ run: RunID, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) {
    do throws(StoreError) {
      let page = try await ports.store.query(
        SchedulerTables.pendingCommands,
        RecordQuery(
          table: SchedulerTables.pendingCommands.name, prefix: [.text(run.text)], limit: 100))
      for row in page.records {
        gathered.entries.append(
          SchedulerTables.pendingCommands.delete(
            [.text(row.record.run), .text(row.record.command)], over: row.version))
        if let command = try? RunCommand(decoding: row.record.event), let event = command.event {
          gathered.events.append((run, event))
        }
      }
    } catch {
      throw .store(error)
    }
  }

  private func take(
    _ message: RunCommand, _ run: RunID, isKnown: Bool, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) {
    guard let event = message.event else { return }
    if isKnown {
      gathered.events.append((run, event))
      return
    }
    let record = PendingCommandRecord(
      run: run.text, command: message.command, event: message.encoded(),
      receivedAtUs: ports.context.time.now().microseconds)
    try await insertOnce(SchedulerTables.pendingCommands, record, &gathered)
  }

  /// Sets a record aside that cannot be understood, with its cause.
  func setAside(
    _ delivery: BusDelivery, _ cause: String, _ gathered: inout GatheredInputs
  ) async throws(BatchFailure) {
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
      throw .store(error)
    }
  }

  /// After starts or commits that came to nothing: the record at the head goes to the dead letters,
  /// and its run is quarantined.
  func setAside(_ inputs: GatheredInputs) async throws(BatchFailure) -> GatheredInputs {
    guard let head = inputs.taken.first, inputs.taken.count == 1,
      poison.mustSetHeadAside || isCareful
    else { return inputs }
    var aside = GatheredInputs()
    let cause =
      isCareful
      ? "what followed from it could not be stored" : "starts with it came to nothing"
    try await setAside(head, cause, &aside)
    aside.offsets = inputs.offsets
    if let run = OwnerInput(head).run, runs[run] != nil {
      let reason = Reason(
        code: "poison-record", message: "\(cause): \(head.place) offset \(head.offset)",
        since: ports.context.time.now(), blockers: ["\(head.place)@\(head.offset)"])
      aside.events.append((run, .quarantined(reason)))
    }
    return aside
  }
}
