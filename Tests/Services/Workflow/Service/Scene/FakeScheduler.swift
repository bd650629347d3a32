import Contracts
import Domain
import Ports
import Synchronization
import Wire

/// A scheduler that knows the runs that a test puts into it.
final class FakeScheduler: RPCHandler {
  static let service = SchedulerMethods.service

  struct State {
    var runs: SortedMap<String, RunView> = [:]
    var tasks: SortedMap<String, [TaskView]> = [:]
    var failure: RPCError?
    var calls: [String] = []
  }

  private let state = Mutex(State())

  subscript<Part>(_ part: any WritableKeyPath<State, Part> & Sendable) -> Part {
    get { state.withLock { $0[keyPath: part] } }
    set { state.withLock { $0[keyPath: part] = newValue } }
  }

  /// Takes a run in, or changes it.
  func put(_ run: String, _ runState: String, labels: SortedMap<String, String> = [:]) {
    state.withLock { state in
      var view = state.runs[run] ?? RunView(run: run, namespace: "default", workflow: "hello")
      view.state = runState
      view.revision += 1
      view.labels = labels
      state.runs[run] = view
    }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    do {
      return try state.withLock { state in
        state.calls.append(method)
        if let failure = state.failure { throw failure }
        switch method {
        case SchedulerMethods.getRun:
          let run = try GetRunRequest(decoding: request).run
          guard let view = state.runs[run] else { throw RPCError(.notFound, "run \(run)") }
          return GetRunResponse(run: view).encoded()
        case SchedulerMethods.getRuns:
          let runs = try GetRunsRequest(decoding: request).runs
          return GetRunsResponse(runs: runs.compactMap { state.runs[$0] }).encoded()
        case SchedulerMethods.listTasks:
          let wanted = try ListTasksRequest(decoding: request)
          guard let tasks = state.tasks[wanted.run] else {
            throw RPCError(.notFound, "run \(wanted.run)")
          }
          guard wanted.task.isEmpty else {
            guard let task = tasks.first(where: { $0.task == wanted.task }) else {
              throw RPCError(.notFound, "task \(wanted.task)")
            }
            return ListTasksResponse(tasks: [task]).encoded()
          }
          let rest = tasks.filter { $0.task > wanted.after }
          let page = Array(rest.prefix(Int(wanted.limit)))
          return ListTasksResponse(
            tasks: page, next: page.count < rest.count ? page.last?.task ?? "" : ""
          ).encoded()
        default: throw RPCError(.unimplemented, method)
        }
      }
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.invalidArgument, "\(error)")
    }
  }
}

/// History as the workflow service sees it.
struct PastTasks: RPCHandler {
  let history: FakeScheduler

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard method == HistoryMethods.listTasks else { throw RPCError(.unimplemented, method) }
    return try await history.answer(SchedulerMethods.listTasks, request)
  }
}
