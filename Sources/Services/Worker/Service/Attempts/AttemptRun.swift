internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import WorkerCore

/// One attempt on its executor, from the start to the last line of its log.
final class AttemptRun: Sendable {
  private let order: WorkOrder
  private let ports: WorkerPorts
  private let budget: LogBudget
  private let execution = Mutex<(any Execution)?>(nil)

  init(_ order: WorkOrder, _ ports: WorkerPorts, _ budget: LogBudget) {
    self.order = order
    self.ports = ports
    self.budget = budget
  }

  /// Asks the execution to end. Never waits for its output.
  func stop(_ signal: StopSignal) async {
    guard let execution = execution.withLock({ $0 }) else { return }
    await execution.stop(signal)
  }

  /// Runs the work, tells what happens to it, at last that nothing of it is left, and returns when
  /// the bus has its log.
  ///
  /// When the task is cancelled the work is killed.
  func run(_ tell: @escaping @Sendable (WorkerEvent) async -> Void) async {
    let startedAt = ports.context.time.now()
    let execution: any Execution
    do throws(ExecutorError) {
      guard let executor = ports.executors.first(where: { $0.accepts(order.work) }) else {
        throw .unsupported("no executor here does such work")
      }
      execution = try await executor.start(order)
    } catch {
      return await tell(.executionEnded(order.attempt, notStarted(error, startedAt)))
    }
    self.execution.withLock { $0 = execution }
    if Task.isCancelled { await execution.stop(.kill) }
    await tell(.executionStarted(order.attempt))
    await follow(execution, startedAt, tell)
  }

  private func follow(
    _ execution: any Execution, _ startedAt: Moment,
    _ tell: @escaping @Sendable (WorkerEvent) async -> Void
  ) async {
    let log = AttemptLog(order.attempt, startedAt: startedAt, ports, budget)
    let attempt = order.attempt
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await log.ship() }
      let ended = await withTaskGroup(of: Void.self) { reading in
        reading.addTask {
          await log.read(from: execution) { await tell(.executionPrinted(attempt)) }
        }
        let result = await execution.result()
        let endedAt = ports.context.time.now()
        log.liftBound()
        await reading.waitForAll()
        return EndedExecution(
          ending: AttemptEnding(result), startedAt: startedAt, endedAt: endedAt,
          logLines: log.lineCount)
      }
      // Whoever sees the result can read the log then; but not at any price.
      await log.waitUntilShipped(within: ports.configuration.logFlushWithin)
      await tell(.executionEnded(attempt, ended))
    }
  }

  /// Work that no executor here can do fails; work that could not be started may be tried
  /// elsewhere.
  private func notStarted(_ error: ExecutorError, _ startedAt: Moment) -> EndedExecution {
    let now = ports.context.time.now()
    let ending: AttemptEnding =
      switch error {
      case .unsupported(let why):
        .failed(exitCode: nil, reason: Reason(code: "unsupported", message: why, since: now))
      case .unavailable(let why):
        .notStarted(Reason(code: "not-started", message: why, since: now))
      }
    return EndedExecution(ending: ending, startedAt: startedAt, endedAt: now)
  }
}

extension AttemptEnding {
  init(_ result: ExecutionResult) {
    switch result {
    case .succeeded(let outputs, let exitCode):
      self = .succeeded(outputs: outputs, exitCode: exitCode)
    case .failed(let exitCode, let reason): self = .failed(exitCode: exitCode, reason: reason)
    case .stopped(let reason): self = .stopped(reason)
    case .unknown(let reason): self = .unknown(reason)
    }
  }
}
