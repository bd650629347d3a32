internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import Wire
internal import WorkerCore

/// Publishes results in batches: what comes while one batch is on its way is in the next.
final class ResultPublisher: Sendable {
  private struct State {
    var waiting: [AttemptResult] = []
    var sleeper: CheckedContinuation<Void, Never>?
  }

  private let ports: WorkerPorts
  private let state = Mutex(State())

  init(_ ports: WorkerPorts) {
    self.ports = ports
  }

  /// The machine holds a bounded number of results, and so bounds what waits here.
  func add(_ result: AttemptResult) {
    let sleeper = state.withLock { state in
      state.waiting.append(result)
      defer { state.sleeper = nil }
      return state.sleeper
    }
    sleeper?.resume()
  }

  /// Waits for results and publishes them; answers which are on the bus and which surely or perhaps
  /// are not.
  func publishNext() async -> (published: [AttemptID], failed: [AttemptID]) {
    await sleep()
    let batch = state.withLock { state in
      let batch = Array(state.waiting.prefix(ports.configuration.resultsPerBatchMax))
      state.waiting.removeFirst(batch.count)
      return batch
    }
    guard !batch.isEmpty else { return ([], []) }
    let attempts = batch.map(\.attempt)
    do throws(BusError) {
      try await ports.bus.publish(batch.map { $0.record(ports.configuration.name) })
      return (attempts, [])
    } catch {
      ports.context.telemetry.log(.info, "results.retry", [("error", "\(error)")])
      return ([], attempts)
    }
  }

  private func sleep() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          guard state.waiting.isEmpty, !Task.isCancelled else { return true }
          state.sleeper = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        defer { state.sleeper = nil }
        return state.sleeper
      }
      sleeper?.resume()
    }
  }
}

extension AttemptResult {
  /// Successes and everything else have topics of their own; the key is the run.
  func record(_ worker: String) -> BusRecord {
    var message = AttemptEnded(
      attempt: attempt.description, session: session.text, worker: worker,
      startedAtUs: startedAt.microseconds, endedAtUs: endedAt.microseconds, logLines: logLines)
    var topic = "task.failed"
    switch verdict {
    case .succeeded(let outputs):
      topic = "task.completed"
      message.result = .succeeded
      message.outputs = outputs.mapValues { ValueMessage($0) }
    case .failed(let exitCode, let reason):
      message.result = .failed
      message.exitCode = exitCode.map { Int32(clamping: $0) }
      message.reason = ReasonMessage(reason)
    case .timedOut(let reason):
      message.result = .timedOut
      message.reason = ReasonMessage(reason)
    case .stopped(let reason):
      message.result = .stopped
      message.reason = ReasonMessage(reason)
    case .lost(let reason):
      message.result = .lost
      message.reason = ReasonMessage(reason)
    }
    return BusRecord(topic: topic, key: attempt.run.text, value: message.encoded())
  }
}
