internal import CLinux
internal import Domain
internal import Glibc

/// What the reports of a process tree add up to.
struct ProcessEnd: Hashable {
  enum Fate: Hashable {
    /// No report of an end has come.
    case unknown
    case notLaunched(Int32)
    case notSetUp(Int32)
    case notExecuted(Int32)
    case exited(Int32)
    case signalled(Int32)
  }

  private(set) var fate = Fate.unknown
  /// A stop reached the tree before the program had ended.
  private(set) var wasStopped = false
  /// Nothing of the tree is left.
  private(set) var isReaped = false
  private var processorMilliseconds: Int32?
  private var memoryKibibytes: Int32?

  /// What the tree has used, once nothing of it is left.
  var usage: ResourceUsage? {
    guard let processorMilliseconds, let memoryKibibytes else { return nil }
    return ResourceUsage(
      processorTime: .milliseconds(processorMilliseconds),
      memoryPeakBytes: Int64(memoryKibibytes) << 10)
  }

  mutating func take(_ report: millrace_report) {
    switch report.kind {
    case MILLRACE_REPORT_LAUNCH_FAILED: fate = .notLaunched(report.value)
    case MILLRACE_REPORT_SETUP_FAILED: fate = .notSetUp(report.value)
    case MILLRACE_REPORT_EXEC_FAILED: fate = .notExecuted(report.value)
    case MILLRACE_REPORT_STOPPING: wasStopped = true
    case MILLRACE_REPORT_EXITED where fate == .unknown: fate = .exited(report.value)
    case MILLRACE_REPORT_SIGNALED where fate == .unknown: fate = .signalled(report.value)
    case MILLRACE_REPORT_PROCESSOR_MS: processorMilliseconds = report.value
    case MILLRACE_REPORT_MEMORY_KIB: memoryKibibytes = report.value
    case MILLRACE_REPORT_REAPED: isReaped = true
    default: break
    }
  }

  /// The exit code as a shell counts them, a stable word, and a sentence; nil when it went well.
  func failure(of program: String) -> (exitCode: Int?, code: String, message: String)? {
    switch fate {
    case .exited(0): return nil
    case .exited(let code): return (Int(code), "exit-code", "exited with code \(code)")
    case .signalled(let number):
      return (
        128 + Int(number), "killed-by-signal", "ended by signal \(SignalName.text(of: number))"
      )
    case .notExecuted(let code) where code == ENOENT || code == ENOTDIR:
      return (
        127, "program-not-found",
        "the program \(program), or the interpreter that it names, is not there"
      )
    case .notExecuted(let code) where code == E2BIG:
      return (126, "arguments-too-large", "arguments and environment are too large together")
    case .notExecuted(let code):
      let text = SystemFailure.text(of: code)
      return (126, "program-not-executable", "\(program) cannot be executed: \(text)")
    case .notSetUp(let code):
      let text = SystemFailure.text(of: code)
      return (nil, "process-setup", "the process could not be set up: \(text)")
    case .notLaunched(let code):
      let text = SystemFailure.text(of: code)
      return (nil, "process-not-started", "no process could be started: \(text)")
    case .unknown:
      return (nil, "process-lost", "its end was not seen: the processes around it were killed")
    }
  }
}

/// The names of signals that end programs.
enum SignalName {
  static func text(of number: Int32) -> String {
    let names: [(Int32, String)] = [
      (SIGHUP, "SIGHUP"), (SIGINT, "SIGINT"), (SIGQUIT, "SIGQUIT"), (SIGILL, "SIGILL"),
      (SIGTRAP, "SIGTRAP"), (SIGABRT, "SIGABRT"), (SIGBUS, "SIGBUS"), (SIGFPE, "SIGFPE"),
      (SIGKILL, "SIGKILL"), (SIGUSR1, "SIGUSR1"), (SIGSEGV, "SIGSEGV"), (SIGUSR2, "SIGUSR2"),
      (SIGPIPE, "SIGPIPE"), (SIGALRM, "SIGALRM"), (SIGTERM, "SIGTERM"), (SIGXCPU, "SIGXCPU"),
      (SIGXFSZ, "SIGXFSZ"), (SIGSYS, "SIGSYS"),
    ]
    let name = names.first { $0.0 == number }?.1
    let hint =
      number == SIGKILL ? "; nobody here sent it: memory may have run out" : ""
    return name.map { "\(number) (\($0))\(hint)" } ?? String(number)
  }
}
