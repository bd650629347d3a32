internal import Domain
internal import Ports
internal import Synchronization

/// One container at work: the engine's program, which stands for it, and the engine itself.
final class ContainerExecution: Execution {
  private let name: ContainerName
  private let engine: ContainerEngine
  private let client: any Execution
  private let time: any Time
  private let spawner: any Spawner
  private let promise = Promise<ExecutionResult>()
  private let isStopAsked = Mutex(false)

  init(
    _ name: ContainerName, _ engine: ContainerEngine, _ client: any Execution, time: any Time,
    spawner: any Spawner
  ) {
    self.name = name
    self.engine = engine
    self.client = client
    self.time = time
    self.spawner = spawner
  }

  func nextOutput() async -> [OutputLine] { await client.nextOutput() }

  func result() async -> ExecutionResult { await promise.value() }

  func stop(_ how: StopSignal) async {
    guard !promise.isKept else { return }
    isStopAsked.withLock { $0 = true }
    switch how {
    case .terminate:
      // An engine that hangs must not hold up the kill that follows. There is nothing to signal
      // while the image is fetched: then the engine's program ends.
      spawner.spawn("terminate") { [engine, name, client] in
        if !(await engine.terminate(name)) { await client.stop(.terminate) }
      }
    case .kill:
      // The container goes when `follow` removes it.
      await client.stop(.kill)
    }
  }

  /// Follows the engine's program to its end, removes the container and says how it ended.
  func follow() async {
    let ending = await client.result()
    let isGone = await engine.remove(name)
    let result = await judge(ending)
    guard isGone else {
      return promise.keep(
        unknown("container-not-removed", "the engine does not say that the container has gone"))
    }
    promise.keep(result)
  }

  private func judge(_ ending: ExecutionResult) async -> ExecutionResult {
    if case .succeeded = ending { return ending }
    if isStopAsked.withLock({ $0 }) {
      return .stopped(
        Reason(code: "stopped", message: "its container was ended", since: time.now()))
    }
    switch ending {
    case .succeeded, .unknown: return ending
    case .stopped:
      return unknown("engine-lost", "the engine's program was ended from elsewhere")
    case .failed(let exitCode, let reason):
      guard reason.code == "exit-code", let exitCode else {
        // A signal that nobody here sent, to the engine's program and not to the container.
        return exitCode.map { $0 > 128 } == true
          ? unknown("engine-lost", "the engine's program was ended from elsewhere") : ending
      }
      return await judge(exitCode, ending)
    }
  }

  /// 125 to 127 are the engine's own words: no container, not executable, not found.
  private func judge(_ exitCode: Int, _ ending: ExecutionResult) async -> ExecutionResult {
    switch exitCode {
    case 125:
      if let fault = await engine.fault() { return unknown("engine-unavailable", fault) }
      return failed(
        exitCode, "container-not-started", "the engine made no container; its output says why")
    case 126:
      return failed(exitCode, "program-not-executable", "the program cannot be executed there")
    case 127:
      return failed(exitCode, "program-not-found", "the program is not in the image")
    case 137:
      return failed(
        exitCode, "killed-by-signal",
        "it was killed; nobody here did it: its memory may have run out")
    default: return ending
    }
  }

  private func failed(_ exitCode: Int, _ code: String, _ message: String) -> ExecutionResult {
    .failed(exitCode: exitCode, reason: Reason(code: code, message: message, since: time.now()))
  }

  private func unknown(_ code: String, _ message: String) -> ExecutionResult {
    .unknown(Reason(code: code, message: message, since: time.now()))
  }
}
