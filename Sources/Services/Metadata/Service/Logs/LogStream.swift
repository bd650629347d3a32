internal import Domain
internal import MetadataCore
internal import Ports
internal import ServiceKit

/// Reads the log of an attempt, or of a task across its attempts: what is there, and then what
/// comes. It ends after the last line, or says that lines are missing.
struct LogStream: Sendable {
  let ports: MetadataPorts
  let isFollowing: Bool

  /// One attempt, to its end or, unless following, to what is there.
  func write(_ attempt: AttemptID, from start: Int64, to writer: any LogWriter) async throws {
    var output = LogOutput(writer, ports)
    _ = try await read(attempt, from: start, .open, into: &output)
    try await output.end()
  }

  /// A task, attempt after attempt, until it has ended.
  func write(
    _ key: TaskKey, of run: RunID, after place: LogPlace?, from start: Int64,
    to writer: any LogWriter
  ) async throws {
    var output = LogOutput(writer, ports)
    var follow = AttemptFollow(fence: place?.fence ?? Fence(0), from: start)
    var task = try await look(key, run)
    reading: while !Task.isCancelled {
      switch follow.step(newest: task.newest, hasEnded: task.hasEnded) {
      case .end:
        break reading
      case .lookAgain:
        guard isFollowing else { break reading }
        try await output.beat()
        try await ports.context.time.sleep(for: ports.configuration.lookEvery)
        task = try await look(key, run)
      case .read(let fence, let from):
        let attempt = AttemptID(run: run, task: key, fence: fence)
        let end = task.end(of: fence) ?? .after(lines: 0)
        guard try await read(attempt, from: from, end, into: &output) else { break reading }
        follow.wasRead()
        task = try await look(key, run)
      }
    }
    try await output.end()
  }

  /// Reads the log of an attempt to its end; false when it has none yet and nobody waits for it.
  private func read(
    _ attempt: AttemptID, from start: Int64, _ known: LogEnd, into output: inout LogOutput
  ) async throws -> Bool {
    var tail = LogTail(from: start)
    var end = known
    while !Task.isCancelled {
      let chunk = try await ports.logs.lines(
        of: attempt, from: tail.next, limit: ports.configuration.linesPerPageMax)
      try await output.write(attempt, first: chunk.first, chunk.lines)
      if chunk.lines.isEmpty, !chunk.isLast, end == .open {
        end =
          try await look(attempt.task, attempt.run).end(of: attempt.fence)
          ?? .after(lines: 0)
      }
      let step = tail.read(
        to: chunk.first + Int64(chunk.lines.count), isLast: chunk.isLast, end: end,
        ports.patience(isFollowing), at: ports.context.time.uptime())
      switch step {
      case .readOn:
        continue
      case .complete:
        return true
      case .incomplete(let missing):
        try await output.write(LogGap(attempt: attempt, missing: missing))
        return true
      case .wait(let until):
        guard isFollowing || until != nil else { return false }
        try await output.beat()
        await wait(attempt, from: tail.next, until)
      }
    }
    return false
  }

  private func wait(_ attempt: AttemptID, from: Int64, _ until: Uptime?) async {
    var length = ports.configuration.pollWait
    if let until { length = min(length, until - ports.context.time.uptime()) }
    await ports.logs.wait(for: attempt, from: from, wait: length)
  }

  private func look(_ key: TaskKey, _ run: RunID) async throws -> TaskLook {
    let tasks = RunTasks(ports: ports)
    guard let task = try await tasks.task(key, of: run) else {
      return TaskLook(attempts: [], hasEnded: true)
    }
    // A run that was set aside leaves its tasks as they were.
    if !task.hasEnded, try await SchedulerClient(ports: ports).run(run)?.isOver != false {
      return try await tasks.task(key, of: run, isRunOver: true) ?? task
    }
    return task
  }
}

extension MetadataPorts {
  /// Readers that do not follow want to see what is there, soon.
  func patience(_ isFollowing: Bool) -> LogPatience {
    isFollowing
      ? LogPatience(
        known: configuration.lateLinesWithin, unknown: configuration.lostLinesWithin)
      : LogPatience(known: configuration.settledWithin, unknown: .zero)
  }
}
