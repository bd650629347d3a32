internal import CLinux
internal import Domain
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// One process tree at work.
final class ProcessExecution: Execution {
  /// Where it works.
  struct Place: Sendable {
    let directory: AttemptDirectory
    /// Somebody else removes it.
    let isKept: Bool
  }

  /// What goes with a tree for as long as it lives.
  struct Setting: Sendable {
    let order: WorkOrder
    let program: String
    let place: Place
    let launcher: LauncherSlot
    let loop: EventLoop
    let time: any Time
  }

  private let setting: Setting
  private let tree: ProcessTree
  private let output: ProcessOutput
  private let launched = Promise<ProcessEnd.Fate>()
  private let promise = Promise<ExecutionResult>()
  private let used = Mutex<ResourceUsage?>(nil)
  private let isOver = Mutex(false)

  init(_ setting: Setting, _ tree: ProcessTree) throws(SystemFailure) {
    self.setting = setting
    self.tree = tree
    output = try ProcessOutput(
      of: tree, setting.order.limits, loop: setting.loop, time: setting.time)
  }

  func nextOutput() async -> [OutputLine] { await output.next() }

  func stop(_ how: Ports.StopSignal) async {
    isOver.withLock { isOver in
      guard !isOver else { return }
      switch how {
      case .terminate: tree.stop("T")
      case .kill: tree.stop("K")
      }
    }
  }

  func result() async -> ExecutionResult { await promise.value() }

  func usage() async -> ResourceUsage? { used.withLock { $0 } }

  /// Returns when the tree is there or could not be made; then with the number of the error.
  func waitForLaunch() async -> Int32? {
    switch await launched.value() {
    case .notLaunched(let code): code
    case .unknown, .notSetUp, .notExecuted, .exited, .signalled: nil
    }
  }

  /// Follows the tree to its end, takes its files away and says how it ended.
  func follow() async {
    let end = await watchReports()
    isOver.withLock { $0 = true }
    launched.keep(end.fate)
    used.withLock { $0 = end.usage }
    let result = judge(end)
    if !setting.place.isKept {
      await setting.launcher.remove(setting.place.directory.path, loop: setting.loop)
    }
    promise.keep(result)
  }

  private func watchReports() async -> ProcessEnd {
    var end = ProcessEnd()
    while true {
      var report = millrace_report()
      let count = millrace_report_read(tree.status.number, &report)
      if count == 1 {
        end.take(report)
        // The launcher's first word comes before or after those of the tree.
        if report.kind == MILLRACE_REPORT_LAUNCHED { launched.keep(end.fate) }
        if end.isReaped { return end }
        continue
      }
      if count == 0 { return end }
      do throws(LoopError) {
        try await setting.loop.readable(tree.status.number)
      } catch {
        // The loop ends, and with it this process: the tree goes before.
        tree.stop("K")
        return end
      }
    }
  }

  private func judge(_ end: ProcessEnd) -> ExecutionResult {
    let now = setting.time.now()
    guard end.isReaped else {
      return .unknown(
        Reason(
          code: "process-lost", message: "the launcher of processes has ended", since: now))
    }
    if end.wasStopped {
      return .stopped(Reason(code: "stopped", message: "its processes were ended", since: now))
    }
    if let failure = end.failure(of: setting.program) {
      let reason = Reason(code: failure.code, message: failure.message, since: now)
      switch end.fate {
      // Nothing that the task did: another worker may have more luck.
      case .unknown, .notLaunched: return .unknown(reason)
      case .notSetUp, .notExecuted, .exited, .signalled:
        return .failed(exitCode: failure.exitCode, reason: reason)
      }
    }
    return readOutputs(at: now)
  }

  private func readOutputs(at now: Moment) -> ExecutionResult {
    let bytesMax = setting.order.limits.outputsBytesMax
    do {
      // Names and signs beside the values; the values alone are held against the limit.
      let bytes = try setting.place.directory.readOutputs(bytesMax: bytesMax * 2)
      guard bytes.count <= bytesMax * 2 else {
        throw OutputsCheck.tooLarge("the file of outputs is", bytesMax * 2)
      }
      let texts = try OutputsFile.parse(bytes)
      return .succeeded(
        outputs: try OutputsCheck.read(
          texts, declared: setting.order.outputs, bytesMax: bytesMax),
        exitCode: 0)
    } catch let fault as OutputsCheck.Fault {
      return .failed(exitCode: 0, reason: fault.reason(at: now))
    } catch let fault as OutputsFile.Fault {
      let message = "line \(fault.line) of the file of outputs: \(fault.message)"
      return .failed(
        exitCode: 0, reason: Reason(code: "output-syntax", message: message, since: now))
    } catch {
      let text = (error as? SystemFailure)?.text ?? "\(error)"
      return .failed(
        exitCode: 0, reason: Reason(code: "output-unreadable", message: text, since: now))
    }
  }
}
