internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Follows a run for one client: looks at it again and again and sends what has changed.
///
/// What it sends is state, not history: a client that connects again gets everything once more and
/// then goes on.
struct RunWatcher: Sendable {
  let desk: RunDesk
  let ports: WorkflowPorts
  let request: RunRequestRecord

  /// A run with more tasks is looked at less often.
  private static let tasksPerLook = 500

  func write(to writer: EventWriter) async throws {
    var sentRun: Value = .null
    var sentTasks: SortedMap<String, Int64> = [:]
    var sentAt = ports.context.time.uptime()
    var number = 0
    while !Task.isCancelled {
      let document = try await desk.document(request)
      var hasSent = false
      // A run starts before its tasks do and ends after them.
      if document != sentRun, !RunDocument.isFinal(document) {
        number += 1
        try await writer.send(event: "run", id: "\(number)", document.json)
        sentRun = document
        hasSent = true
      }
      if !sentTasks.isEmpty || document["state"] != .string("queued") {
        for task in try await changes(&sentTasks) {
          number += 1
          try await writer.send(event: "task", id: "\(number)", task.json)
          hasSent = true
        }
      }
      if document != sentRun {
        number += 1
        try await writer.send(event: "run", id: "\(number)", document.json)
        sentRun = document
        hasSent = true
      }
      if RunDocument.isFinal(document) { return try await writer.end() }
      let now = ports.context.time.uptime()
      if hasSent {
        sentAt = now
      } else if now - sentAt >= EventWriter.heartbeatEvery {
        try await writer.heartbeat()
        sentAt = now
      }
      let looks = 1 + sentTasks.count / RunWatcher.tasksPerLook
      try await ports.context.time.sleep(for: ports.configuration.lookEvery * looks)
    }
  }

  /// Tasks that are not as they were sent, in the order in which they changed. The hash covers what
  /// the row's revision does not: who runs it.
  private func changes(_ sent: inout SortedMap<String, Int64>) async throws -> [Value] {
    var changed: [TaskChange] = []
    var after = ""
    repeat {
      let page = try await desk.tasks(request.run, after: after, limit: 1_000)
      for task in page.tasks {
        var hash = StableHash()
        hash.combine(task.state)
        hash.combine(UInt64(bitPattern: task.revision))
        let mark = Int64(bitPattern: hash.value)
        guard sent[task.task] != mark else { continue }
        sent[task.task] = mark
        changed.append(TaskChange(task))
      }
      after = page.next
    } while !after.isEmpty
    return TaskChange.inOrder(changed)
  }
}
