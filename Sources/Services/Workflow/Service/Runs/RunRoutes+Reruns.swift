internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire
internal import WorkflowCore

/// Routes that run a part of runs again that have ended: each as a run of its own, with the inputs
/// and, unless the latest is asked for, the version of the earlier one.
extension RunRoutes {
  /// Runs that one request reruns.
  static let rerunsMax = 100

  var reruns: [Route] {
    [
      Route("POST", "/v1/runs/{run}/rerun", .allowed(.runStart, in: .content), rerunOne),
      Route("POST", "/v1/runs/rerun", .allowed(.runStart, in: .content), rerunMany),
    ]
  }

  private func rerunOne(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.body(upTo: ports.configuration.requestBytesMax)
    var order = RerunOrder(.failed)
    if !bytes.isEmpty || request.contentType != nil {
      try request.requireContent(["application/json"])
      order = try RouteRequest.read(bytes) { RerunOrder(&$0) }
    }
    let row = try await run(request)
    let key = try idempotencyKey(
      request, "POST /v1/runs/\(row.run)/rerun", NamespaceName(row.namespace) ?? .default, bytes)
    let started = try await rerun(row, order, key: key, by: request.principal)
    return .json(
      started.document, status: 202, fields: [HTTPField("Location", "/v1/runs/\(started.run)")])
  }

  private func rerun(
    _ row: RunRequestRecord, _ order: RerunOrder, key: IdempotencyKey?, by principal: Principal
  ) async throws(Problem) -> StartedRun {
    let document = try await desk.document(row)
    guard RunDocument.isFinal(document), document["state"] != .string("quarantined") else {
      throw Problem(
        409, "run-not-ended",
        "run \(row.run) has not ended; wait for it, or cancel it, before a part of it runs again")
    }
    guard let namespace = NamespaceName(row.namespace), let workflow = WorkflowName(row.workflow),
      let inputs = SortedMap<String, Value>(row.inputs)
    else { throw Problem.notFound("run \(row.run)") }
    let definition =
      order.isLatest
      ? try await desk.newestDefinition(namespace, workflow) : try await desk.definition(of: row)
    if let why = order.fault(on: definition) { throw Problem(422, "invalid-rerun", why) }
    return try await desk.start(
      RunDesk.Order(
        namespace: namespace, workflow: workflow,
        version: order.isLatest ? nil : VersionID(row.version), inputs: inputs, labels: row.labels,
        principal: principal, priority: Priority(rawValue: row.priority),
        rerun: RerunMessage(
          run: row.run, mode: order.mode.rawValue, tasks: order.tasks, skipped: order.skipped,
          reason: order.reason)), key: key)
  }

  /// Many runs, by their ids or by workflow and state. Each has its own answer; one that cannot be
  /// rerun does not hold back the others.
  private func rerunMany(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let order = try RouteRequest.read(bytes) { BulkRerun(&$0) }
    let rows: [RunRequestRecord]
    switch order.which {
    case .runs(let ids):
      var found: [RunRequestRecord] = []
      for id in ids { found.append(try await run(id, for: request)) }
      rows = found
    case .query(let namespace, let workflow, let state):
      try request.authorize(in: namespace)
      rows = try await newest(namespace, workflow, state, count: order.count)
    }
    var items: [Value] = []
    for row in rows {
      var item: [(String, Value)] = [("run", .string(row.run))]
      do throws(Problem) {
        let key = try idempotencyKey(
          request, "POST /v1/runs/rerun \(row.run)", NamespaceName(row.namespace) ?? .default, bytes
        )
        let started = try await rerun(row, order.order, key: key, by: request.principal)
        item.append(("rerun", .string(started.run)))
      } catch {
        item.append(("code", .string(error.code)))
        item.append(("detail", .string(error.detail)))
      }
      items.append(.record(item))
    }
    return .json(.record([("items", .array(items))]), status: 202)
  }

  /// The newest runs of a workflow in a state.
  private func newest(
    _ namespace: NamespaceName, _ workflow: WorkflowName, _ state: String, count: Int
  ) async throws(Problem) -> [RunRequestRecord] {
    var found: [RunRequestRecord] = []
    var after: RecordCursor?
    var scanned = 0
    repeat {
      let page: (records: [Versioned<RunRequestRecord>], next: RecordCursor?)
      do throws(StoreError) {
        page = try await ports.store.query(
          WorkflowTables.requests,
          RecordQuery(
            table: WorkflowTables.requests.name, index: "newest_of_workflow",
            prefix: [.text(namespace.text), .text(workflow.text)], isDescending: true, limit: 200,
            after: after))
      } catch {
        throw Problem(error)
      }
      let rows = page.records.map(\.record)
      let documents = try await desk.documents(rows)
      found += zip(rows, documents).filter { $0.1["state"] == .string(state) }.map(\.0)
      scanned += rows.count
      after = page.next
    } while after != nil && found.count < count && scanned < ports.configuration.rowsScannedMax
    return Array(found.prefix(count))
  }
}

/// A request to rerun many runs.
private struct BulkRerun {
  enum Which {
    case runs([String])
    case query(NamespaceName, WorkflowName, state: String)
  }

  var which: Which
  var count: Int
  var order: RerunOrder

  init?(_ body: inout JSONObject) {
    let runs = body.strings("runs", .optional)
    let namespace = body.parsed("namespace", .optional, wanted: Slug.rule) { NamespaceName($0) }
    let workflow = body.parsed("workflow", .optional, wanted: Slug.rule) { WorkflowName($0) }
    let state = body.parsed("state", .optional, wanted: "failed, cancelled or timedOut") {
      ["failed", "cancelled", "timedOut"].contains($0) ? $0 : nil
    }
    let count = body.integer("limit", .optional, in: 1...Int64(RunRoutes.rerunsMax))
    guard let order = RerunOrder(&body), !body.hasFindings else { return nil }
    if (runs == nil) == (workflow == nil) {
      body.refuse(
        "runs", code: "conflicting-keys", "either 'runs' or 'workflow' says which runs",
        hint: "name the runs, or a workflow and a state")
      return nil
    }
    if let runs, !(1...RunRoutes.rerunsMax).contains(runs.count) {
      body.refuse(
        "runs", code: runs.isEmpty ? "too-few" : "too-many", "'runs' has \(runs.count) items",
        hint: "1 to \(RunRoutes.rerunsMax) are taken")
      return nil
    }
    self.order = order
    self.count = count.map { Int($0) } ?? RunRoutes.rerunsMax
    if let runs {
      which = .runs(Array(SortedSet(runs)))
    } else if let workflow {
      which = .query(namespace ?? .default, workflow, state: state ?? "failed")
    } else {
      return nil
    }
  }
}

extension RerunOrder {
  fileprivate init?(_ body: inout JSONObject) {
    let mode = body.word("mode", .optional, as: Mode.self)
    let tasks = body.strings("tasks", .optional)
    let skipped = body.strings("skip", .optional)
    let isLatest = body.boolean("latest", .optional)
    let reason = body.string("reason", .optional, bytesMax: RunRoutes.reasonBytesMax)
    guard !body.hasFindings else { return nil }
    self.init(
      mode ?? .failed, tasks: tasks ?? [], skipped: skipped ?? [], isLatest: isLatest ?? false,
      reason: reason ?? "")
  }
}
