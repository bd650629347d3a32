internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire
internal import WorkflowCore

/// Takes requests to run workflows, and knows how their runs stand.
struct RunDesk: Sendable {
  /// What a client asked for.
  struct Order: Sendable {
    var namespace: NamespaceName
    var workflow: WorkflowName
    var version: VersionID?
    var inputs: SortedMap<String, Value>
    var labels: SortedMap<String, String>
    var principal: Principal
    /// Nil for that of the definition.
    var priority: Priority?
    /// Of a rerun: what it is a rerun of.
    var rerun: RerunMessage?
  }

  let ports: WorkflowPorts
  let definitions: DefinitionShelf

  // MARK: Start

  /// One atomic batch: the request, the message that starts the run, and what the key answers.
  func start(_ order: Order, key: IdempotencyKey?) async throws(Problem) -> StartedRun {
    try await ports.untilCommitted { () throws(Problem) in
      var known: Versioned<IdempotencyRecord>?
      if let key {
        known = try await ports.record(WorkflowTables.answers, key.row)
        if let known, let replay = try replay(known, key) { return replay }
      }
      let request = try await request(for: order)
      let document = RunDocument.queued(request, at: ports.context.time.now())
      var entries = [WorkflowTables.requests.insert(request)]
      if let key {
        let answer = key.answer(request, document)
        entries.append(
          known.map { WorkflowTables.answers.update(answer, over: $0.version) }
            ?? WorkflowTables.answers.insert(answer))
      }
      let batch = RecordBatch(
        entries: entries,
        messages: [OutboxMessage(shard: WorkflowTables.outboxShard, record: .started(request))])
      guard try await ports.commits(batch) else { return nil }
      ports.context.telemetry.log(
        .info, "run.accepted",
        [
          ("run", request.run), ("namespace", request.namespace), ("workflow", request.workflow),
          ("version", request.version), ("principal", request.principal),
        ])
      return StartedRun(run: request.run, document: document, isReplay: false)
    }
  }

  private func replay(
    _ row: Versioned<IdempotencyRecord>, _ key: IdempotencyKey
  ) throws(Problem) -> StartedRun? {
    let known = Idempotency.Known(
      requestDigest: row.record.requestDigest,
      answeredAt: Moment(microseconds: row.record.createdAtUs))
    switch Idempotency.decide(
      known, requestDigest: key.requestDigest, at: ports.context.time.now())
    {
    case .proceed:
      return nil
    case .reused:
      throw Problem(
        409, "idempotency_key_reused",
        "the Idempotency-Key was used for another request; send a new key")
    case .replay:
      let text = String(decoding: row.record.body, as: UTF8.self)
      return StartedRun(
        run: row.record.fields["run"] ?? "",
        document: (try? Value(json: text, limits: .normalForm)) ?? .null,
        isReplay: true)
    }
  }

  /// Pins the version and checks the inputs.
  private func request(for order: Order) async throws(Problem) -> RunRequestRecord {
    if let fault = RunLabels.fault(in: order.labels) {
      throw Problem(422, "invalid-labels", fault)
    }
    let workflow = try await definitions.workflow(order.namespace, order.workflow)
    let version = order.version ?? VersionID(workflow.record.version)
    let definition = try await definitions.definition(order.namespace, order.workflow, version)
    try order.principal.requireSecrets(of: definition)
    let inputs: SortedMap<String, Value>
    switch definition.bind(order.inputs) {
    case .bound(let bound): inputs = bound
    case .refused(let findings):
      throw Problem(
        422, "invalid-inputs", findings.first?.message ?? "the inputs do not fit",
        items: findings.map { finding in
          Problem.Item(
            pointer: "/inputs" + finding.pointer, code: finding.code, detail: finding.message,
            hint: finding.hint)
        })
    }
    let labels = SortedMap(
      definition.labels.map { ($0.key, $0.value) } + order.labels.map { ($0.key, $0.value) })
    return RunRequestRecord(
      run: ports.context.newID(RunID.self).text, namespace: order.namespace.text,
      workflow: order.workflow.text, version: version.text,
      inputs: inputs.mapValues { ValueMessage($0) }, labels: labels,
      createdAtUs: ports.context.time.now().microseconds, principal: order.principal.name,
      rerun: order.rerun, priority: (order.priority ?? definition.priority).rawValue,
      trace: TraceContext.stored(CurrentTrace.context))
  }

  // MARK: Look

  /// The definition that a run goes by.
  func definition(of request: RunRequestRecord) async throws(Problem) -> WorkflowDefinition {
    guard let namespace = NamespaceName(request.namespace),
      let workflow = WorkflowName(request.workflow)
    else { throw Problem.notFound("run \(request.run)") }
    return try await definitions.definition(namespace, workflow, VersionID(request.version))
  }

  func newestDefinition(
    _ namespace: NamespaceName, _ workflow: WorkflowName
  ) async throws(Problem) -> WorkflowDefinition {
    let newest = try await definitions.workflow(namespace, workflow)
    return try await definitions.definition(
      namespace, workflow, VersionID(newest.record.version))
  }

  /// The request of a run. Namespaces are checked against it before anybody is asked.
  func request(_ id: RunID) async throws(Problem) -> RunRequestRecord {
    if let row = try await ports.record(WorkflowTables.requests, [.text(id.text)]) {
      return row.record
    }
    throw Problem.notFound("run \(id)")
  }

  /// How a run stands: as the scheduler knows it, or queued until the scheduler does.
  func document(_ request: RunRequestRecord) async throws(Problem) -> Value {
    do throws(RPCError) {
      let response: GetRunResponse = try await call(
        SchedulerMethods.getRun, GetRunRequest(run: request.run))
      guard let view = response.run else { throw RPCError(.internal, "no run in the answer") }
      return RunDocument.of(view)
    } catch {
      guard error.code == .notFound else { throw Problem(error) }
      return RunDocument.queued(request, at: ports.context.time.now())
    }
  }

  /// How many runs stand, in their order.
  func documents(_ requests: [RunRequestRecord]) async throws(Problem) -> [Value] {
    guard !requests.isEmpty else { return [] }
    do throws(RPCError) {
      let response: GetRunsResponse = try await call(
        SchedulerMethods.getRuns, GetRunsRequest(runs: requests.map(\.run)))
      let views = SortedMap(response.runs.map { ($0.run, $0) })
      let now = ports.context.time.now()
      return requests.map { request in
        views[request.run].map(RunDocument.of) ?? RunDocument.queued(request, at: now)
      }
    } catch {
      throw Problem(error)
    }
  }

  /// A page of a run's tasks. Nothing while the scheduler does not know the run.
  func tasks(
    _ run: String, after: String, limit: Int
  ) async throws(Problem) -> ListTasksResponse {
    try await tasks(ListTasksRequest(run: run, after: after, limit: Int32(clamping: limit)))
      ?? ListTasksResponse()
  }

  /// From the scheduler, or from history when that has forgotten the tasks; nil when neither knows
  /// them.
  private func tasks(_ request: ListTasksRequest) async throws(Problem) -> ListTasksResponse? {
    do throws(RPCError) {
      return try await call(SchedulerMethods.listTasks, request)
    } catch {
      guard error.code == .notFound else { throw Problem(error) }
    }
    do throws(RPCError) {
      return try await call(HistoryMethods.listTasks, request, of: HistoryMethods.service)
    } catch {
      // A run that the scheduler has not taken in yet has no tasks, whoever else is away.
      guard error.code != .notFound, await isKnown(request.run) else { return nil }
      throw Problem(error)
    }
  }

  private func isKnown(_ run: String) async -> Bool {
    do throws(RPCError) {
      let _: GetRunResponse = try await call(SchedulerMethods.getRun, GetRunRequest(run: run))
      return true
    } catch {
      return error.code != .notFound
    }
  }

  private func call<Answer: WireMessage>(
    _ method: String, _ request: some WireMessage, of service: String = SchedulerMethods.service
  ) async throws(RPCError) -> Answer {
    let bytes = try await ports.network.call(
      service, method, request.encoded(), within: ports.configuration.callWithin)
    do {
      return try Answer(decoding: bytes)
    } catch {
      throw RPCError(.internal, "the answer of \(service) cannot be decoded")
    }
  }

  /// One task of a run; nil while the scheduler does not know the run.
  func task(_ key: String, of run: String) async throws(Problem) -> TaskView? {
    guard TaskKey(text: key) != nil else { return nil }
    return try await tasks(ListTasksRequest(run: run, task: key))?.tasks.first
  }

  // MARK: Command

  /// What a command for a run says, apart from which run it is for.
  func newCommand(
    _ kind: RunCommand.Kind, reason: String, by principal: String
  ) -> RunCommand {
    RunCommand(
      command: ports.context.newID(MessageID.self).text, kind: kind, reason: reason,
      principal: principal, askedAtUs: ports.context.time.now().microseconds)
  }

  /// Tells the scheduler, by way of the outbox, what is to happen to a run.
  func send(_ command: RunCommand, to request: RunRequestRecord) async throws(Problem) {
    var command = command
    command.run = request.run
    let record = BusRecord(
      topic: "run.commands", key: request.run, value: command.encoded()
    ).traced(CurrentTrace.context)
    let batch = RecordBatch(
      messages: [OutboxMessage(shard: WorkflowTables.outboxShard, record: record)])
    try await ports.untilCommitted { () throws(Problem) in
      try await ports.commits(batch) ? true : nil
    }
  }
}

/// A run that was started, or that the same request had started before.
struct StartedRun: Sendable {
  var run: String
  var document: Value
  var isReplay: Bool
}

/// A client's Idempotency-Key and what it belongs to.
struct IdempotencyKey: Sendable {
  var namespace: NamespaceName
  /// The id: a name may come to be somebody else's.
  var principal: String
  var route: String
  var key: String
  var requestDigest: String

  var row: [RecordValue] {
    [.text(namespace.text), .text(principal), .text(route), .text(key)]
  }

  /// What the key answers from now on.
  func answer(_ request: RunRequestRecord, _ document: Value) -> IdempotencyRecord {
    IdempotencyRecord(
      namespace: namespace.text, principal: principal, route: route, key: key,
      requestDigest: requestDigest, status: 202, body: Array(document.json.utf8),
      createdAtUs: request.createdAtUs, fields: ["run": request.run])
  }
}

extension BusRecord {
  static func started(_ request: RunRequestRecord) -> BusRecord {
    let message = WorkflowStarted(
      run: request.run, namespace: request.namespace, workflow: request.workflow,
      version: request.version, inputs: request.inputs, labels: request.labels,
      createdAtUs: request.createdAtUs, principal: request.principal, rerun: request.rerun,
      priority: request.priority)
    return BusRecord(topic: "workflow.started", key: request.run, value: message.encoded())
      .traced(TraceContext(traceparent: request.trace))
  }
}
