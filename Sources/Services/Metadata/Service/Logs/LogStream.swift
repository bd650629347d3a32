internal import Contracts
internal import Domain
internal import MetadataCore
internal import Ports
internal import ServiceKit

/// Reads the log of an attempt, or of a task across its attempts: what is there, and then what
/// comes.
struct LogStream: Sendable {
  let ports: MetadataPorts
  let isFollowing: Bool

  /// One attempt, to its end or to what is there.
  func write(_ attempt: AttemptID, from start: Int64, to writer: any LogWriter) async throws {
    var next = start
    while !Task.isCancelled {
      let chunk = try await read(attempt, from: next, to: writer)
      next += Int64(chunk.lines.count)
      if chunk.isLast { break }
      guard chunk.lines.isEmpty else { continue }
      guard isFollowing, try await isUnderWay(attempt) else { break }
      try await pause(attempt, from: next, writer)
    }
    try await writer.end()
  }

  /// A task, attempt after attempt, until it has ended.
  func write(
    _ key: TaskKey, of run: RunID, after place: LogPlace?, from start: Int64,
    to writer: any LogWriter
  ) async throws {
    var follow = AttemptFollow(fence: place?.fence ?? Fence(0), from: start)
    let scheduler = SchedulerClient(ports: ports)
    while !Task.isCancelled {
      let task = try await scheduler.task(key, of: run)
      let newest = Fence(Int(clamping: task?.attempts.last?.fence ?? 0))
      let hasEnded = task.map { TaskOutcome(rawValue: $0.state) != nil } ?? true
      switch follow.step(newest: newest, hasEnded: hasEnded) {
      case .end:
        return try await writer.end()
      case .lookAgain:
        guard isFollowing else { return try await writer.end() }
        try await writer.heartbeat()
        try await ports.context.time.sleep(for: ports.configuration.lookEvery)
      case .read(let fence, let from):
        let attempt = AttemptID(run: run, task: key, fence: fence)
        let chunk = try await read(attempt, from: from, to: writer)
        let isOver = chunk.lines.isEmpty && (fence < newest || hasEnded)
        follow.read(lines: Int64(chunk.lines.count), isLast: chunk.isLast || isOver)
        guard chunk.lines.isEmpty, !chunk.isLast, !isOver else { continue }
        guard isFollowing else { return try await writer.end() }
        try await pause(attempt, from: from, writer)
      }
    }
  }

  private func read(
    _ attempt: AttemptID, from: Int64, to writer: any LogWriter
  ) async throws -> LogChunk {
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
    return chunk
  }

  /// Waits for more lines, and now and then tells the reader that it still does.
  private func pause(_ attempt: AttemptID, from: Int64, _ writer: any LogWriter) async throws {
    let since = ports.context.time.uptime()
    await ports.archive.waitForLines(of: attempt, from: from, wait: ports.configuration.pollWait)
    if ports.context.time.uptime() - since >= ports.configuration.pollWait {
      try await writer.heartbeat()
    }
  }

  /// Whether the attempt may still print: it is the newest and its task has not ended.
  private func isUnderWay(_ attempt: AttemptID) async throws -> Bool {
    guard let task = try await SchedulerClient(ports: ports).task(attempt.task, of: attempt.run)
    else { return false }
    return task.attempts.last?.fence == Int64(attempt.fence.number)
      && TaskOutcome(rawValue: task.state) == nil
  }
}
