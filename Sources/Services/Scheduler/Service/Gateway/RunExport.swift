internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Runs that have ended, many at once, for the archive: their rows in one look, the rows of their
/// tasks in another.
struct RunExport: Sendable {
  static let runsMax = 500
  static let tasksMax = 10_000

  let ports: SchedulerPorts
  let loader: RunLoader
  /// Answers for runs whose tasks are too many for one look, page by page.
  let pages: @Sendable (ListTasksRequest) async throws(RPCError) -> ListTasksResponse

  private struct Ended {
    var id: RunID
    var record: RunRecord
    var plan: Plan
    /// The keys of its tasks; nil when only its rows say which there are.
    var keys: [TaskKey]?
  }

  func export(_ request: ExportRunsRequest) async throws(RPCError) -> ExportRunsResponse {
    guard request.runs.count <= RunExport.runsMax else {
      throw RPCError(.invalidArgument, "more than \(RunExport.runsMax) runs at once")
    }
    let most = min(max(Int(request.tasksMax), 1), RunExport.tasksMax)
    let known = try await ended(request.runs.compactMap { RunID(text: $0) })
    var response = ExportRunsResponse()
    var whole: [Ended] = []
    var count = 0
    for text in request.runs {
      guard count < most else { break }
      guard let run = RunID(text: text).flatMap({ known[$0] }) else {
        response.runs.append(ExportRunsResponse.Run(id: text))
        continue
      }
      var exported = ExportRunsResponse.Run(id: text, run: RunView(run.record))
      if let keys = run.keys, count + keys.count <= most || count == 0 {
        count += keys.count
        whole.append(run)
      } else if count == 0 || run.keys == nil {
        let page = try await pages(
          ListTasksRequest(run: text, limit: Int32(clamping: max(most - count, 1))))
        (exported.tasks, exported.next) = (page.tasks, page.next)
        count += page.tasks.count
      } else {
        break
      }
      response.runs.append(exported)
    }
    let tasks = try await tasks(of: whole)
    for place in response.runs.indices {
      if let id = RunID(text: response.runs[place].id), let views = tasks[id] {
        response.runs[place].tasks = views
      }
    }
    return response
  }

  /// Those that are known, have ended and still have their tasks.
  private func ended(_ ids: [RunID]) async throws(RPCError) -> SortedMap<RunID, Ended> {
    let ids = SortedSet(ids).members
    do throws(RunLoader.Failure) {
      let rows = try await loader.rows(ids)
      let marks = try await loader.endedRuns(ids)
      var found: SortedMap<RunID, Ended> = [:]
      for (id, (row, mark)) in zip(ids, zip(rows, marks)) {
        guard let record = row?.record, record.phase == "ended", let mark,
          !mark.record.isBeingForgotten
        else { continue }
        let plan = try await loader.plan(of: record)
        let isPlain = plan.nodes.allSatisfy { $0.definition.forEach == nil }
        found[id] = Ended(
          id: id, record: record, plan: plan,
          keys: isPlain ? plan.nodes.map { TaskKey($0.definition.name) } : nil)
      }
      return found
    } catch {
      throw RPCError(.unavailable, "the runs cannot be read now")
    }
  }

  private func tasks(of runs: [Ended]) async throws(RPCError) -> SortedMap<RunID, [TaskView]> {
    let keys = runs.flatMap { run in
      (run.keys ?? []).map { SchedulerTables.taskKey(run.id, $0) }
    }
    guard !keys.isEmpty else { return SortedMap(runs.map { ($0.id, []) }) }
    do {
      var rows = try await ports.store.get(SchedulerTables.tasks, keys)[...]
      var found: SortedMap<RunID, [TaskView]> = [:]
      for run in runs {
        let page = rows.prefix(run.keys?.count ?? 0).compactMap { $0?.record }
        rows = rows.dropFirst(run.keys?.count ?? 0)
        let machine = try await loader.machine(of: run.record, with: page)
        let memory = RunMemory(
          machine, rows: page.compactMap(\.key), in: .all, at: ports.context.time.now())
        var views = page.map { TaskView($0, claims: [:]) } + memory.waiting
        views.sort { $0.order < $1.order }
        for place in views.indices { memory.complete(&views[place]) }
        found[run.id] = views
      }
      return found
    } catch let error as StoreError {
      throw RPCError(error)
    } catch {
      throw RPCError(.unavailable, "the tasks of the runs cannot be read now")
    }
  }
}
