import Contracts
import Domain
import Ports
import Synchronization
import Wire

/// A scheduler that says of one run what a test puts into it.
final class FakeScheduler: RPCHandler {
  struct State {
    var run: RunView
    var tasks: SortedMap<TaskKey, TaskView> = [:]
    var hasForgotten = false
    var isLate = false
  }

  static let run = RunID(SortableID(high: 1 << 40, low: 7))

  private let state: Mutex<State>

  init() {
    state = Mutex(
      State(run: RunView(run: FakeScheduler.run.text, namespace: "team", state: "running")))
  }

  static func attempt(_ task: String, _ fence: Int = 1) -> AttemptID {
    AttemptID(run: run, task: key(task), fence: Fence(fence))
  }

  static func key(_ task: String) -> TaskKey {
    TaskKey(text: task) ?? TaskKey(TaskName(unchecked: task))
  }

  /// The task has an attempt that runs, or has ended as the word says.
  func set(
    _ task: String, _ fence: Int = 1, startedAt: Int64 = 0, end: String? = nil,
    logLines: Int64? = nil
  ) {
    state.withLock { state in
      let key = FakeScheduler.key(task)
      var view = state.tasks[key] ?? TaskView(task: task)
      view.attempts.removeAll { $0.fence == Int64(fence) }
      view.attempts.append(
        AttemptView(
          fence: Int64(fence), worker: "w", state: end ?? "running", queuedAtUs: startedAt,
          startedAtUs: end == "lost" ? nil : startedAt,
          endedAtUs: end == nil ? nil : startedAt + 1, logLines: logLines))
      view.state = end ?? "running"
      state.tasks[key] = view
    }
  }

  /// The attempt has ended and the task goes on with another.
  func tryAgain(_ task: String) {
    state.withLock { $0.tasks[FakeScheduler.key(task)]?.state = "backoff" }
  }

  func endRun(_ word: String = "succeeded") {
    state.withLock { $0.run.state = word }
  }

  /// Whether the run has not been taken in yet.
  var isLate: Bool {
    get { state.withLock { $0.isLate } }
    set { state.withLock { $0.isLate = newValue } }
  }

  /// The tasks are in the archive alone.
  func forgetTasks() {
    state.withLock { $0.hasForgotten = true }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    do {
      switch method {
      case SchedulerMethods.getRun:
        guard !state.withLock({ $0.isLate }) else { throw RPCError(.notFound, "not yet") }
        return GetRunResponse(run: state.withLock { $0.run }).encoded()
      case SchedulerMethods.listTasks:
        return try list(ListTasksRequest(decoding: request)).encoded()
      default:
        throw RPCError(.unimplemented, method)
      }
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.invalidArgument, "\(error)")
    }
  }

  private func list(_ request: ListTasksRequest) throws(RPCError) -> ListTasksResponse {
    let (tasks, hasForgotten) = state.withLock { ($0.tasks, $0.hasForgotten) }
    guard !hasForgotten else { throw RPCError(.notFound, "the tasks are in the archive alone") }
    if !request.task.isEmpty {
      guard let view = tasks[FakeScheduler.key(request.task)] else {
        throw RPCError(.notFound, "no task \(request.task)")
      }
      return ListTasksResponse(tasks: [view])
    }
    let after = TaskKey(text: request.after)
    let rest = tasks.filter { key, _ in after.map { $0 < key } ?? true }.map(\.value)
    let page = Array(rest.prefix(Int(request.limit)))
    return ListTasksResponse(
      tasks: page, next: page.count < rest.count ? page.last?.task ?? "" : "")
  }
}
