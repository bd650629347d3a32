internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import Wire
internal import WorkerCore

/// Publishes results in batches: what comes while one batch is on its way is in the next.
final class ResultPublisher: Sendable {
  private let ports: WorkerPorts
  private let waiting = Mutex<[TracedResult]>([])
  private let hasResults = Signal()

  init(_ ports: WorkerPorts) {
    self.ports = ports
  }

  /// The machine holds a bounded number of results, and so bounds what waits here.
  ///
  /// - Parameter trace: of the attempt.
  func add(_ result: AttemptResult, _ trace: TraceContext?) {
    waiting.withLock { $0.append(TracedResult(result: result, trace: trace)) }
    hasResults.wake()
  }

  /// Waits for results and publishes them; answers which are on the bus and which surely or perhaps
  /// are not.
  func publishNext() async -> (published: [AttemptID], failed: [AttemptID]) {
    let batch = await nextBatch()
    do throws(BusError) {
      try await publish(batch)
      return (batch.map(\.result.attempt), [])
    } catch .refused where batch.count > 1 {
      // One of them the bus will never take: it must not keep the others.
      return await publishSingly(batch)
    } catch {
      ports.context.telemetry.log(.info, "results.retry", [("error", "\(error)")])
      return ([], batch.map(\.result.attempt))
    }
  }

  private func publishSingly(
    _ batch: [TracedResult]
  ) async -> (published: [AttemptID], failed: [AttemptID]) {
    var (published, failed): ([AttemptID], [AttemptID]) = ([], [])
    for result in batch {
      do throws(BusError) {
        try await publish([result])
        published.append(result.result.attempt)
      } catch {
        ports.context.telemetry.log(
          .error, "result.refused",
          [("attempt", "\(result.result.attempt)"), ("error", "\(error)")])
        failed.append(result.result.attempt)
      }
    }
    return (published, failed)
  }

  private func publish(_ batch: [TracedResult]) async throws(BusError) {
    guard !batch.isEmpty else { return }
    let (records, start) = (batch.map { $0.record(ports.configuration) }, ports.context.time.now())
    try await ports.bus.publish(records)
    ports.context.traced(published: records, since: start)
    // Records may be repeated at any time.
    guard ports.context.probe.buggify("results.twice") else { return }
    try await ports.bus.publish(records)
  }

  /// Empty when the task was cancelled.
  private func nextBatch() async -> [TracedResult] {
    while !Task.isCancelled {
      let batch = waiting.withLock { waiting in
        let batch = Array(waiting.prefix(ports.configuration.resultsPerBatchMax))
        waiting.removeFirst(batch.count)
        return batch
      }
      if !batch.isEmpty { return batch }
      await hasResults.wait()
    }
    return []
  }
}

/// A result, and the attempt's place in its trace.
private struct TracedResult {
  var result: AttemptResult
  var trace: TraceContext?

  func record(_ configuration: WorkerConfiguration) -> BusRecord {
    result.record(configuration).traced(trace?.execution(of: result.attempt))
  }
}

extension AttemptResult {
  /// Successes and everything else have topics of their own; the key is the run.
  func record(_ configuration: WorkerConfiguration) -> BusRecord {
    var message = AttemptEnded(
      attempt: attempt.description, session: session.text,
      worker: configuration.name,
      startedAtUs: startedAt.microseconds, endedAtUs: endedAt.microseconds, logLines: logLines,
      usage: usage.map { ResourceUsageMessage($0) })
    var topic = "task.failed"
    switch verdict {
    case .succeeded(let outputs, let exitCode):
      topic = "task.completed"
      message.result = .succeeded
      message.exitCode = exitCode.map { Int32(clamping: $0) }
      message.outputs = outputs.mapValues { ValueMessage($0) }
    case .failed(let exitCode, let reason):
      message.result = .failed
      message.exitCode = exitCode.map { Int32(clamping: $0) }
      message.reason = ReasonMessage(reason.cut(to: configuration.reasonBytesMax))
    case .timedOut(let reason):
      message.result = .timedOut
      message.reason = ReasonMessage(reason.cut(to: configuration.reasonBytesMax))
    case .stopped(let reason):
      message.result = .stopped
      message.reason = ReasonMessage(reason.cut(to: configuration.reasonBytesMax))
    case .lost(let reason):
      message.result = .lost
      message.reason = ReasonMessage(reason.cut(to: configuration.reasonBytesMax))
    }
    return BusRecord(topic: topic, key: attempt.run.text, value: message.encoded())
  }
}

extension Reason {
  /// With a message of at most so many bytes.
  func cut(to bytesMax: Int) -> Reason {
    guard message.utf8.count > bytesMax else { return self }
    var room = bytesMax
    var cut = self
    cut.message = String(
      message.prefix { character in
        room -= character.utf8.count
        return room >= 0
      })
    return cut
  }
}
