internal import Domain
internal import Ports
internal import Synchronization

/// An execution that is a task of this process. Stopping it, politely or not, cancels the task; it
/// is over when the task has returned.
final class SpawnedExecution: Execution {
  private struct State {
    var spawned: (any Spawned)?
    var isStopAsked = false
  }

  private let lines: LineQueue
  private let time: any Time
  private let whenStopped: String
  private let promise = Promise<ExecutionResult>()
  private let state = Mutex(State())

  /// - Parameters:
  ///   - whenStopped: what to say when it did not succeed because it was stopped.
  ///   - body: answers how the work ended.
  init(
    lines: LineQueue, time: any Time, _ spawner: any Spawner, whenStopped: String,
    _ body: @escaping @Sendable () async -> ExecutionResult
  ) {
    self.lines = lines
    self.time = time
    self.whenStopped = whenStopped
    let spawned = spawner.spawn("execution") { [self] in
      let result = await body()
      lines.close(at: time.now())
      promise.keep(judge(result))
    }
    state.withLock { $0.spawned = spawned }
  }

  func nextOutput() async -> [OutputLine] { await lines.next() }

  func stop(_ how: StopSignal) async {
    guard !promise.isKept else { return }
    let spawned = state.withLock { state in
      state.isStopAsked = true
      return state.spawned
    }
    lines.liftBound()
    spawned?.cancel()
  }

  func result() async -> ExecutionResult { await promise.value() }

  private func judge(_ result: ExecutionResult) -> ExecutionResult {
    guard state.withLock({ $0.isStopAsked }) else { return result }
    switch result {
    case .succeeded, .unknown, .stopped: return result
    case .failed:
      return .stopped(Reason(code: "stopped", message: whenStopped, since: time.now()))
    }
  }
}
