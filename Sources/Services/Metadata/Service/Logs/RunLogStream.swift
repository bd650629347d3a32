internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// The lines of all tasks of a run as they come, each with its task. Lines of one attempt keep
/// their order; those of different tasks are mixed as they were read.
struct RunLogStream: Sendable {
  let ports: MetadataPorts
  let isFollowing: Bool

  func write(_ run: RunID, to writer: any LogWriter) async throws {
    var open: SortedMap<AttemptID, Int64> = [:]
    var done: SortedSet<AttemptID> = []
    let scheduler = SchedulerClient(ports: ports)
    var heardAt = ports.context.time.uptime()
    while !Task.isCancelled {
      let state = try await scheduler.run(run)?.state ?? ""
      try await find(run, &open, done)
      let count = try await read(&open, &done, to: writer)
      let now = ports.context.time.uptime()
      if count > 0 {
        heardAt = now
        continue
      }
      let isOver = RunOutcome(rawValue: state) != nil || state == "quarantined"
      if isOver || !isFollowing { break }
      if now - heardAt >= EventWriter.heartbeatEvery {
        try await writer.heartbeat()
        heardAt = now
      }
      try await ports.context.time.sleep(for: ports.configuration.lookEvery)
    }
    try await writer.end()
  }

  /// Attempts that have begun and were not read to their end.
  private func find(
    _ run: RunID, _ open: inout SortedMap<AttemptID, Int64>, _ done: SortedSet<AttemptID>
  ) async throws {
    var after = ""
    repeat {
      let page = try await SchedulerClient(ports: ports).tasks(
        of: run, after: after, limit: ports.configuration.tasksPerPageMax)
      for task in page.tasks {
        guard let key = TaskKey(text: task.task) else { continue }
        for attempt in task.attempts {
          let id = AttemptID(run: run, task: key, fence: Fence(Int(clamping: attempt.fence)))
          if !done.contains(id), open[id] == nil { open[id] = 0 }
        }
      }
      after = page.next
    } while !after.isEmpty
  }

  private func read(
    _ open: inout SortedMap<AttemptID, Int64>, _ done: inout SortedSet<AttemptID>,
    to writer: any LogWriter
  ) async throws -> Int {
    var count = 0
    for (attempt, from) in open {
      let chunk = try await ports.archive.lines(
        of: attempt, from: from, limit: ports.configuration.linesPerPageMax)
      if !chunk.lines.isEmpty {
        try await writer.write(
          chunk.lines.enumerated().map { offset, line in
            LogLine(
              task: attempt.task, place: LogPlace(attempt.fence, chunk.first + Int64(offset)),
              line: line)
          })
      }
      count += chunk.lines.count
      open[attempt] = from + Int64(chunk.lines.count)
      if chunk.isLast {
        open[attempt] = nil
        done.insert(attempt)
      }
    }
    return count
  }
}
