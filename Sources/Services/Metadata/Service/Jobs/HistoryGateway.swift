internal import Contracts
internal import Domain
internal import Ports
internal import Wire

/// Answers other services from history.
struct HistoryGateway: RPCHandler {
  static let tasksPerPageMax = 1_000

  let archive: any JobArchive

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard method == HistoryMethods.listTasks else {
      throw RPCError(.unimplemented, "no method \(method)")
    }
    guard let message = try? ListTasksRequest(decoding: request),
      let run = RunID(text: message.run)
    else { throw RPCError(.invalidArgument, "the request cannot be decoded") }
    let after = message.after.isEmpty ? nil : TaskKey(text: message.after)
    guard message.after.isEmpty || after != nil else {
      throw RPCError(.invalidArgument, "'\(message.after)' is no task key")
    }
    do throws(ArchiveError) {
      guard try await archive.job(run) != nil else { throw ArchiveError.refused("unknown") }
      return try await page(of: run, message, after: after).encoded()
    } catch {
      switch error {
      case .refused: throw RPCError(.notFound, "run \(run)")
      case .outcomeUnknown, .unavailable: throw RPCError(.unavailable, "the archive is away")
      }
    }
  }

  /// In the order of the keys. A task that is asked for alone comes alone, if it is there.
  private func page(
    of run: RunID, _ message: ListTasksRequest, after: TaskKey?
  ) async throws(ArchiveError) -> ListTasksResponse {
    guard message.task.isEmpty else {
      let all = try await tasks(of: run, named: message.task)
      return ListTasksResponse(tasks: all)
    }
    let limit = min(max(Int(message.limit), 1), HistoryGateway.tasksPerPageMax)
    let tasks = try await archive.tasks(of: run, after: after, limit: limit)
    return ListTasksResponse(
      tasks: tasks.map { TaskView($0) },
      next: tasks.count == limit ? tasks.last?.task.description ?? "" : "")
  }

  private func tasks(of run: RunID, named name: String) async throws(ArchiveError) -> [TaskView] {
    guard let key = TaskKey(text: name) else { return [] }
    var after: TaskKey?
    while true {
      let page = try await archive.tasks(
        of: run, after: after, limit: HistoryGateway.tasksPerPageMax)
      if let task = page.first(where: { $0.task == key }) { return [TaskView(task)] }
      guard let last = page.last, last.task < key else { return [] }
      after = last.task
    }
  }
}

extension TaskView {
  init(_ task: TaskDocument) {
    self.init(
      task: task.task.description, state: task.state, reason: task.reason.map(ReasonMessage.init),
      attempts: task.attempts.map { AttemptView($0) },
      outputs: task.outputs.mapValues { ValueMessage($0) }, revision: task.revision)
  }
}

extension AttemptView {
  init(_ attempt: TaskDocument.Attempt) {
    self.init(
      fence: Int64(attempt.fence.number), worker: attempt.worker, state: attempt.state,
      queuedAtUs: attempt.queuedAt?.microseconds, startedAtUs: attempt.startedAt?.microseconds,
      endedAtUs: attempt.endedAt?.microseconds,
      exitCode: attempt.exitCode.map { Int32(clamping: $0) },
      reason: attempt.reason.map(ReasonMessage.init), logLines: attempt.logLines,
      usage: attempt.usage.map { ResourceUsageMessage($0) })
  }
}
