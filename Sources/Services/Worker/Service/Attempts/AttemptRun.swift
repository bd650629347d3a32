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
  private let courier = Mutex<ArtifactCourier?>(nil)

  init(_ order: WorkOrder, _ ports: WorkerPorts, _ budget: LogBudget) {
    self.order = order
    self.ports = ports
    self.budget = budget
  }

  /// Asks the execution to end. Never waits for its output.
  func stop(_ signal: StopSignal) async {
    courier.withLock { $0 }?.stop()
    guard let execution = execution.withLock({ $0 }) else { return }
    await execution.stop(signal)
  }

  /// Runs the work, tells what happens to it, at last that nothing of it is left, and returns when
  /// the bus has its log.
  ///
  /// When the task is cancelled the work is killed.
  func run(_ tell: @escaping @Sendable (WorkerEvent) -> Void) async {
    let startedAt = ports.context.time.now()
    let filled: SecretClient.Filled
    do throws(SecretClient.Failure) {
      filled = try await SecretClient(ports: ports).fill(order)
    } catch {
      return tell(.executionEnded(order.attempt, notStarted(error, startedAt)))
    }
    await run(filled, startedAt, tell)
  }

  private func run(
    _ filled: SecretClient.Filled, _ startedAt: Moment,
    _ tell: @escaping @Sendable (WorkerEvent) -> Void
  ) async {
    let order = filled.order
    let log = AttemptLog(order.attempt, startedAt: startedAt, ports, budget)
    do throws(ExecutorError) {
      guard let executor = ports.executors.first(where: { $0.accepts(order.work) }) else {
        throw .unsupported("no executor here does such work")
      }
      guard !order.files.isEmpty || !order.artifacts.isEmpty else {
        let execution = try await filled.start(on: executor)
        await hold(execution, tell)
        return await follow(log, startedAt, tell) { await self.read(execution, log, tell) }
      }
      guard let digest = ports.digest else {
        throw .unsupported("this worker neither brings nor keeps files")
      }
      let folder = try await executor.folder(for: order)
      let attempt = order.attempt
      let courier = ArtifactCourier(order, ports, digest, in: folder) { line in
        log.note(filled.masker?.masked(line) ?? line)
      } sign: {
        tell(.executionPrinted(attempt))
      }
      self.courier.withLock { $0 = courier }
      tell(.executionStarted(attempt))
      await follow(log, startedAt, tell) {
        let result = await self.visit(filled, executor, courier, log, tell)
        await folder.remove()
        return result
      }
    } catch {
      tell(
        .executionEnded(order.attempt, notStarted(error.masked(filled.masker), startedAt)))
    }
  }

  private func hold(
    _ execution: any Execution, _ tell: @Sendable (WorkerEvent) -> Void
  ) async {
    self.execution.withLock { $0 = execution }
    if Task.isCancelled { await execution.stop(.kill) }
    tell(.executionStarted(order.attempt))
  }

  /// The work with its files: brought before, kept after.
  private func visit(
    _ filled: SecretClient.Filled, _ executor: any Executor, _ courier: ArtifactCourier,
    _ log: AttemptLog,
    _ tell: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> AttemptEnding {
    if let ending = await courier.bring() { return ending }
    let execution: any Execution
    do throws(ExecutorError) {
      execution = try await filled.start(on: executor)
    } catch {
      return notStarted(error.masked(filled.masker), ports.context.time.now()).ending
    }
    self.execution.withLock { $0 = execution }
    if Task.isCancelled || courier.isStopped { await execution.stop(.kill) }
    let result = await finished(execution, log, tell)
    return AttemptEnding(await courier.keep(after: result))
  }

  private func read(
    _ execution: any Execution, _ log: AttemptLog,
    _ tell: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> AttemptEnding {
    AttemptEnding(await finished(execution, log, tell))
  }

  /// Reads all output; the result once there is no more.
  private func finished(
    _ execution: any Execution, _ log: AttemptLog,
    _ tell: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> ExecutionResult {
    let attempt = order.attempt
    return await withTaskGroup(of: Void.self) { reading in
      reading.addTask {
        await log.read(from: execution) { tell(.executionPrinted(attempt)) }
      }
      let result = await execution.result()
      log.liftBound()
      await reading.waitForAll()
      return result
    }
  }

  private func follow(
    _ log: AttemptLog, _ startedAt: Moment,
    _ tell: @escaping @Sendable (WorkerEvent) -> Void,
    _ work: @escaping @Sendable () async -> AttemptEnding
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await log.ship() }
      let ending = await work()
      log.close()
      var ended = EndedExecution(
        ending: ending, startedAt: startedAt, endedAt: ports.context.time.now(),
        logLines: log.lineCount)
      ended.usage = await execution.withLock { $0 }?.usage()
      // Whoever sees the result can read the log then; but not at any price.
      await log.waitUntilShipped(within: ports.configuration.logFlushWithin)
      tell(.executionEnded(order.attempt, ended))
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

extension AttemptRun {
  private func notStarted(_ failure: SecretClient.Failure, _ startedAt: Moment) -> EndedExecution {
    let now = ports.context.time.now()
    let reason = Reason(code: failure.code, message: failure.message, since: now)
    return EndedExecution(
      ending: failure.mayPass ? .notStarted(reason) : .failed(exitCode: nil, reason: reason),
      startedAt: startedAt, endedAt: now)
  }
}

extension SecretClient.Filled {
  func start(on executor: any Executor) async throws(ExecutorError) -> any Execution {
    let execution = try await executor.start(order)
    guard let masker else { return execution }
    return MaskedExecution(
      execution, masker, lineBytesMax: order.limits.outputLineBytesMax)
  }
}

extension ExecutorError {
  fileprivate func masked(_ masker: SecretMasker?) -> ExecutorError {
    guard let masker else { return self }
    return switch self {
    case .unsupported(let why): .unsupported(masker.masked(why))
    case .unavailable(let why): .unavailable(masker.masked(why))
    }
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
