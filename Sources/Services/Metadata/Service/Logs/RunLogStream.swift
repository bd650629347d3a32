internal import Domain
internal import MetadataCore
internal import Ports
internal import ServiceKit

/// The lines of all tasks of a run, each with its task: by time, then by task, by attempt and by
/// the number of the line.
///
/// What is in the archive comes in this order, of a run that goes on as of one that has ended. A
/// line that reaches the archive after later ones were sent is sent when it comes. It ends after
/// the last line of the run, or says of which attempts lines are missing.
struct RunLogStream: Sendable {
  let ports: MetadataPorts
  let isFollowing: Bool

  func write(_ run: RunID, to writer: any LogWriter) async throws {
    var output = LogOutput(writer, ports)
    var logs = RunLogs(ports, isFollowing: isFollowing)
    var lookAt = ports.context.time.uptime()
    while !Task.isCancelled {
      let now = ports.context.time.uptime()
      if !logs.isRunOver, now >= lookAt {
        try await look(run, &logs)
        let took = ports.context.time.uptime() - now
        lookAt = ports.context.time.uptime() + took * ports.configuration.looksPauseFactor
      }
      try await readAll(&logs, into: &output)
      for gap in logs.settle(at: ports.context.time.uptime()) { try await output.write(gap) }
      guard logs.isOpen else { break }
      try await output.beat()
      try await ports.context.time.sleep(for: ports.configuration.lookEvery)
    }
    try await output.end()
  }

  /// Attempts that have begun, and how those stand that are known. The run is asked first: when it
  /// is over, what is said of its tasks afterwards is final.
  private func look(_ run: RunID, _ logs: inout RunLogs) async throws {
    let isOver = try await SchedulerClient(ports: ports).run(run)?.isOver ?? true
    var after: TaskKey?
    repeat {
      let page = try await RunTasks(ports: ports).tasks(of: run, after: after, isRunOver: isOver)
      for (key, task) in page.tasks {
        for attempt in task.attempts {
          logs.see(AttemptID(run: run, task: key, fence: attempt.fence), attempt)
        }
      }
      after = page.next
    } while after != nil
    logs.looked(isRunOver: isOver)
  }

  /// Writes everything that is there.
  private func readAll(_ logs: inout RunLogs, into output: inout LogOutput) async throws {
    logs.merge.refresh()
    while !Task.isCancelled {
      switch logs.merge.next() {
      case .idle:
        return
      case .write(let attempt, let first, let lines):
        try await output.write(attempt, first: first, lines)
      case .read(let attempt, let from, let limit):
        let chunk = try await ports.logs.lines(of: attempt, from: from, limit: limit)
        logs.add(chunk, at: ports.context.time.uptime())
      }
    }
  }
}
