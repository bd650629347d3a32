internal import Contracts
internal import Domain
internal import MetadataCore
internal import Ports

/// Where the attempts of a run are looked up: at the scheduler, and in the archive once the
/// scheduler has forgotten the tasks of a run that ended long ago.
struct RunTasks: Sendable {
  struct Page: Sendable {
    var tasks: [(key: TaskKey, look: TaskLook)] = []
    /// The last key of this page when more follow.
    var next: TaskKey?
  }

  let ports: MetadataPorts

  /// One task; nil when there is none.
  ///
  /// - Parameter isRunOver: nothing of the run goes on, whatever the task says.
  func task(_ key: TaskKey, of run: RunID, isRunOver: Bool = false) async throws -> TaskLook? {
    do throws(RPCError) {
      return try await SchedulerClient(ports: ports).task(key, of: run)
        .map { TaskLook($0, isRunOver: isRunOver) }
    } catch {
      guard error.code == .notFound else { throw error }
    }
    return try await archived(key, of: run)
  }

  /// Tasks in the order of their keys, after `after`.
  func tasks(of run: RunID, after: TaskKey?, isRunOver: Bool) async throws -> Page {
    let limit = ports.configuration.tasksPerPageMax
    do throws(RPCError) {
      let answer = try await SchedulerClient(ports: ports).tasks(
        of: run, after: after?.description ?? "", limit: limit)
      let tasks = answer.tasks.compactMap { view in
        TaskKey(text: view.task).map { (key: $0, look: TaskLook(view, isRunOver: isRunOver)) }
      }
      return Page(tasks: tasks, next: TaskKey(text: answer.next))
    } catch {
      guard error.code == .notFound else { throw error }
    }
    let documents = try await ports.archive.tasks(of: run, after: after, limit: limit)
    return Page(
      tasks: documents.map { (key: $0.task, look: TaskLook($0)) }, next: documents.last?.task)
  }

  private func archived(_ key: TaskKey, of run: RunID) async throws -> TaskLook? {
    var after = key.before
    while true {
      let page = try await ports.archive.tasks(
        of: run, after: after, limit: ports.configuration.tasksPerPageMax)
      if let found = page.first(where: { $0.task == key }) { return TaskLook(found) }
      guard let last = page.last?.task, last < key else { return nil }
      after = last
    }
  }
}

extension TaskKey {
  /// A key in front of this one with few others between, whether there is such a task or not; nil
  /// means the beginning.
  fileprivate var before: TaskKey? {
    if let index { return index > 0 ? TaskKey(name, index: index - 1) : TaskKey(name) }
    return TaskName(name.text.dropLast()).map { TaskKey($0) }
  }
}

extension AttemptLook {
  init(_ attempt: TaskDocument.Attempt) {
    fence = attempt.fence
    end = attempt.logLines.map { .after(lines: $0) } ?? .unknown
    start = attempt.startedAt ?? attempt.queuedAt ?? .start
  }
}

extension TaskLook {
  /// Only runs that have ended are archived.
  init(_ document: TaskDocument) {
    attempts = document.attempts.map { AttemptLook($0) }
    hasEnded = true
  }
}
