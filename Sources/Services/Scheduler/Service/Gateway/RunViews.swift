internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Wire

/// What others may see of runs: always what is stored, never a decision that may still be lost.
struct RunViews: RPCHandler {
  static let tasksPerPageMax = 1_000
  static let runsAtOnceMax = 500

  let ports: SchedulerPorts
  let registry: OwnerRegistry
  let loader: RunLoader
  let ends: EndWatch

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    switch method {
    case SchedulerMethods.getRun: try await run(decoded(request)).encoded()
    case SchedulerMethods.getRuns: try await runs(decoded(request)).encoded()
    case SchedulerMethods.listTasks: try await tasks(decoded(request)).encoded()
    case SchedulerMethods.exportRuns: try await export.export(decoded(request)).encoded()
    case SchedulerMethods.archivedRuns: try await archived(decoded(request)).encoded()
    default: throw RPCError(.unimplemented, "no method \(method)")
    }
  }

  private var export: RunExport {
    RunExport(ports: ports, loader: loader) { request throws(RPCError) in
      try await tasks(request)
    }
  }

  private func run(
    _ request: GetRunRequest
  ) async throws(RPCError) -> GetRunResponse {
    var look = LimitLook(ports)
    let id = try runID(request.run)
    let now = ports.context.time.now()
    var found: (view: RunView, permit: RunPermit?)?
    if let owner = registry.owner(of: id) {
      found = await owner.whenSettled { owner in
        owner.isSure
          ? owner.runs[id].map { (RunView($0.machine, at: now), $0.machine.run.permit) } : nil
      }
    }
    if found == nil { found = try await stored(id, at: now) }
    guard let (known, permit) = found else {
      throw RPCError(.notFound, "run \(id) is not known here")
    }
    var view = known
    try await look.complete(&view, permit: permit, isWhole: true)
    return GetRunResponse(run: view)
  }

  /// A run that is not in memory here. Its row is old in the counts while it lives: they are exact
  /// when its tasks are read as well.
  private func stored(
    _ id: RunID, at now: Moment
  ) async throws(RPCError) -> (RunView, RunPermit?) {
    let record = try await row(id)
    let permit = record.permit.flatMap { RunPermit($0) }
    guard record.phase != "ended", record.phase != "quarantined" else {
      return (RunView(record), permit)
    }
    do throws(RunLoader.Failure) {
      return (try await loader.load(id).map { RunView($0, at: now) } ?? RunView(record), permit)
    } catch {
      return (RunView(record), permit)
    }
  }

  private func runs(_ request: GetRunsRequest) async throws(RPCError) -> GetRunsResponse {
    guard request.runs.count <= RunViews.runsAtOnceMax else {
      throw RPCError(.invalidArgument, "more than \(RunViews.runsAtOnceMax) runs at once")
    }
    let now = ports.context.time.now()
    let ids = request.runs.compactMap { RunID(text: $0) }
    var found = LookupMap<RunID, (view: RunView, permit: RunPermit?)>()
    for (partition, group) in Partitioning.grouped(ids) {
      guard let owner = registry.owner(ofPartition: partition) else { continue }
      let owned = await owner.whenSettled { owner in
        group.map { id in
          owner.isSure
            ? owner.runs[id].map { (RunView($0.machine, at: now), $0.machine.run.permit) } : nil
        }
      }
      for (id, known) in zip(group, owned) { found[id] = known }
    }
    let others = ids.filter { found[$0] == nil }
    do throws(StoreError) {
      let rows = try await ports.store.get(SchedulerTables.runs, others.map { [.text($0.text)] })
      for (id, row) in zip(others, rows) {
        guard let record = row?.record else { continue }
        found[id] = (RunView(record), record.permit.flatMap { RunPermit($0) })
      }
    } catch {
      throw RPCError(error)
    }
    var views: [RunView] = []
    var look = LimitLook(ports)
    for id in ids {
      guard var known = found[id] else { continue }
      try await look.complete(&known.view, permit: known.permit, isWhole: false)
      views.append(known.view)
    }
    return GetRunsResponse(runs: views)
  }

  /// Tasks in the order of their keys: rows, and between them those that have none yet.
  private func tasks(_ request: ListTasksRequest) async throws(RPCError) -> ListTasksResponse {
    let id = try runID(request.run)
    let after = request.after.isEmpty ? nil : TaskKey(text: request.after)
    if !request.after.isEmpty, after == nil {
      throw RPCError(.invalidArgument, "'\(request.after)' is no task key")
    }
    let run = try await runWithTasks(id)
    if !request.task.isEmpty { return try await task(request.task, of: run, id) }
    let limit = min(max(Int(request.limit), 1), RunViews.tasksPerPageMax)
    let (page, isMore) = try await rows(of: id, after: after, limit: limit)
    // Beyond the last row of a page there may be rows that were not read.
    let end = isMore ? page.last?.key : nil
    let memory = try await memory(
      of: run, id, page: page, in: TaskRange(after: after, end: end, limit: limit))
    var views = page.map { TaskView($0, claims: memory.claims) } + memory.waiting
    views.sort { $0.order < $1.order }
    let isCut = views.count > limit || isMore
    views = Array(views.prefix(limit))
    for index in views.indices { memory.complete(&views[index]) }
    return ListTasksResponse(tasks: views, next: isCut ? views.last?.task ?? "" : "")
  }

  private func task(
    _ text: String, of run: RunRecord, _ id: RunID
  ) async throws(RPCError) -> ListTasksResponse {
    guard let key = TaskKey(text: text) else {
      throw RPCError(.invalidArgument, "'\(text)' is no task key")
    }
    let page: [TaskRecord]
    do throws(StoreError) {
      page = try await ports.store.get(
        SchedulerTables.tasks, [SchedulerTables.taskKey(id, key)]
      ).compactMap { $0?.record }
    } catch {
      throw RPCError(error)
    }
    let memory = try await memory(of: run, id, page: page, in: .all)
    let views = page.map { TaskView($0, claims: memory.claims) } + memory.waiting
    guard var view = views.first(where: { $0.key == key }) else {
      throw RPCError(.notFound, "run \(id) has no task \(key)")
    }
    memory.complete(&view)
    return ListTasksResponse(tasks: [view])
  }

  /// The archive has copies: what the runs leave here may go when its time is over.
  private func archived(
    _ request: ArchivedRunsRequest
  ) async throws(RPCError) -> ArchivedRunsResponse {
    guard request.runs.count <= RunViews.runsAtOnceMax else {
      throw RPCError(.invalidArgument, "more than \(RunViews.runsAtOnceMax) runs at once")
    }
    let runs = SortedSet(request.runs.compactMap { RunID(text: $0) })
    do throws(StoreError) {
      let rows = try await ports.store.get(
        SchedulerTables.endedRuns, runs.map { [.text($0.text)] })
      let entries = rows.compactMap { row -> RecordBatch.Entry? in
        guard let row, row.record.archivedAtUs == nil else { return nil }
        var record = row.record
        record.archivedAtUs = ports.context.time.now().microseconds
        return SchedulerTables.endedRuns.update(record, over: row.version)
      }
      if !entries.isEmpty { _ = try await ports.store.commit(RecordBatch(entries: entries)) }
      ends.heard(runs)
    } catch {
      throw RPCError(error)
    }
    return ArchivedRunsResponse()
  }

  /// The row of a run. One whose tasks were forgotten must not look as if it had never had any.
  private func runWithTasks(_ id: RunID) async throws(RPCError) -> RunRecord {
    let run = try await row(id)
    guard run.phase == "ended" else { return run }
    do throws(StoreError) {
      let row = try await ports.store.get(SchedulerTables.endedRuns, key: [.text(id.text)])
      if let row, !row.record.isBeingForgotten { return run }
    } catch {
      throw RPCError(error)
    }
    throw RPCError(.notFound, "the tasks of run \(id) are in the archive alone")
  }

  private func runID(_ text: String) throws(RPCError) -> RunID {
    guard let id = RunID(text: text) else {
      throw RPCError(.invalidArgument, "'\(text)' is no run id")
    }
    return id
  }

  private func row(_ id: RunID) async throws(RPCError) -> RunRecord {
    do throws(StoreError) {
      guard let row = try await ports.store.get(SchedulerTables.runs, key: [.text(id.text)]) else {
        throw StoreError.conflict
      }
      return row.record
    } catch {
      if error == .conflict { throw RPCError(.notFound, "run \(id) is not known here") }
      throw RPCError(error)
    }
  }

  private func rows(
    of id: RunID, after: TaskKey?, limit: Int
  ) async throws(RPCError) -> (rows: [TaskRecord], isMore: Bool) {
    do throws(StoreError) {
      let cursor = after.map { RecordCursor(values: SchedulerTables.taskKey(id, $0)) }
      let page = try await ports.store.query(
        SchedulerTables.tasks,
        RecordQuery(
          table: SchedulerTables.tasks.name, prefix: [.text(id.text)], limit: limit,
          after: cursor))
      return (page.records.map(\.record), page.next != nil)
    } catch {
      throw RPCError(error)
    }
  }

  /// What rows do not say: claims, waiting tasks, and reasons that are derived. In a run that has
  /// ended nothing of a page depends on the rows of others, so that these are not read.
  private func memory(
    of run: RunRecord, _ id: RunID, page: [TaskRecord], in range: TaskRange
  ) async throws(RPCError) -> RunMemory {
    let now = ports.context.time.now()
    let keys = page.compactMap(\.key)
    let body: @Sendable (RunMachine) -> RunMemory = { machine in
      RunMemory(machine, rows: keys, in: range, at: now)
    }
    var found: RunMemory?
    if let owner = registry.owner(of: id) {
      found = await owner.whenSettled { owner in
        owner.isSure ? owner.runs[id].map { body($0.machine) } : nil
      }
    }
    if found == nil {
      do throws(RunLoader.Failure) {
        if run.phase == "ended" {
          found = body(try await loader.machine(of: run, with: page))
        } else {
          found = try await loader.load(id).map(body)
        }
      } catch {
        throw RPCError(.unavailable, "run \(id) cannot be read now")
      }
    }
    guard var memory = found else { throw RPCError(.notFound, "run \(id) is not known here") }
    try await memory.readClaims(of: page, from: ports.store)
    return memory
  }
}
