internal import CLinux
internal import Domain
internal import Glibc
public import Ports
internal import Synchronization
public import SystemAdapter

/// Where and with what programs run.
public struct ProcessExecutorConfiguration: Sendable {
  /// Holds the work directories; may be shared by several processes.
  public var directory: String
  /// Where programs are looked up when the task sets no PATH.
  public var path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  public var language = "C.UTF-8"
  /// The best containment to try; the kernel may allow less.
  public var containment = Containment.pidNamespace
  /// Of each program.
  public var limits = ProcessLimits()
  /// Whether system calls fail that reach past a program's own processes and files: mounts,
  /// namespaces, tracing, keys, modules, `bpf`, `io_uring`. The kernel may allow no filter.
  public var filtersCalls = true

  public init(directory: String) {
    self.directory = directory
  }
}

/// Runs work of the kinds `run` and `script`: programs, each as a process tree that ends with its
/// program, with a stop, or with this process.
///
/// The program gets a fresh work directory as current directory and HOME, `/dev/null` as input, an
/// environment of PATH, HOME, LANG, TMPDIR, `MILLRACE_OUTPUTS` and what the order says, and no
/// other descriptor, signal setting or privilege of the worker. Where the kernel allows mount
/// namespaces, it does not see the directories of other attempts. Its own is gone when the result
/// is there. `MILLRACE_OUTPUTS` names the file for outputs.
///
/// Reason codes of failures: `exit-code`, `killed-by-signal`, `program-not-found` (127),
/// `program-not-executable` (126), `arguments-too-large`, `process-setup`, `output-undeclared`,
/// `output-missing`, `output-type`, `output-syntax`, `output-unreadable`, `outputs-too-large`.
public final class ProcessExecutor: Executor {
  private let configuration: ProcessExecutorConfiguration
  private let root: WorkRoot
  private let loop: EventLoop
  private let time: any Time
  private let spawner: any Spawner
  private let launcher: LauncherSlot
  private let pool = BlockingPool(name: "work-files", threads: 2, waitingMax: 256)
  /// Folders that were made before their work.
  private let folders = Mutex<[AttemptID: AttemptDirectory]>([:])

  /// What the kernel allows here.
  public let containment: Containment
  /// Whether system calls of programs are filtered.
  public let isFiltering: Bool

  /// How well programs are contained, in a word: `pid-namespace+filter`.
  public var level: String { containment.rawValue + (isFiltering ? "+filter" : "") }

  /// Blocks for some milliseconds. What processes that have gone left in the directory is removed
  /// in the background.
  ///
  /// - Throws: `.unavailable` when the directory or the launcher cannot be had.
  public convenience init(
    _ configuration: ProcessExecutorConfiguration, loop: EventLoop, time: any Time,
    spawner: any Spawner
  ) throws(ExecutorError) {
    try self.init(
      configuration, levelMin: configuration.containment.level, loop: loop, time: time,
      spawner: spawner)
  }

  init(
    _ configuration: ProcessExecutorConfiguration, levelMin: Int32, loop: EventLoop,
    time: any Time, spawner: any Spawner
  ) throws(ExecutorError) {
    let root: WorkRoot
    let leftovers: [String]
    let launcher: LauncherSlot
    do throws(SystemFailure) {
      (root, leftovers) = try WorkRoot.open(in: configuration.directory)
      launcher = try LauncherSlot(levelMin: levelMin)
    } catch {
      throw .unavailable(error.text)
    }
    self.configuration = configuration
    self.root = root
    self.loop = loop
    self.time = time
    self.spawner = spawner
    self.launcher = launcher
    containment = launcher.containment
    isFiltering = configuration.filtersCalls && millrace_filter_works() == 1
    guard !leftovers.isEmpty else { return }
    spawner.spawn("remove leftovers") {
      for path in leftovers { await launcher.remove(path, loop: loop) }
    }
  }

  deinit {
    pool.stop()
    root.leave()
  }

  /// Gives up the work directory, once nothing runs and nothing will be started any more.
  public func close() { root.leave() }

  /// For tests that harm it.
  var launcherPID: Int32 { launcher.pid }

  public func accepts(_ work: WorkOrder.Work) -> Bool {
    switch work {
    case .run, .script: true
    case .http, .call, .contained: false
    }
  }

  /// Makes the command of an attempt once its directory is there.
  typealias Preparation =
    @Sendable (AttemptDirectory) throws(SystemFailure) -> (program: String, arguments: [String])

  /// Starts a program of ours on behalf of an attempt, with what the attempt declares as outputs
  /// and limits, in its directory. The order's own work is nobody's business here.
  func start(
    _ order: WorkOrder, through prepare: @escaping Preparation
  ) async throws(ExecutorError) -> any Execution {
    let environment = SortedMap(defaults.map { ($0.key, $0.value) } + order.environment.map { $0 })
    return try await inDirectory(of: order) { place async throws(SystemFailure) in
      let command = try prepare(place.directory)
      return try await self.start(
        order, command.arguments, command.program, environment, place)
    }
  }

  public func start(_ order: WorkOrder) async throws(ExecutorError) -> any Execution {
    let command = try command(of: order)
    let environment = SortedMap(defaults.map { ($0.key, $0.value) } + order.environment.map { $0 })
    let path = environment["PATH"] ?? configuration.path
    let program: String
    switch ProgramSearch.find(command[0], in: path) {
    case .found(let found): program = found
    case .notFound:
      return failed(127, "program-not-found", "there is no program \(command[0]) in \(path)")
    case .notExecutable(let found):
      return failed(126, "program-not-executable", "\(found) is not executable")
    }
    return try await inDirectory(of: order) { place async throws(SystemFailure) in
      try await self.start(order, command, program, environment, place)
    }
  }

  private func inDirectory(
    of order: WorkOrder,
    _ body: (ProcessExecution.Place) async throws(SystemFailure) -> any Execution
  ) async throws(ExecutorError) -> any Execution {
    do throws(SystemFailure) {
      let made = folders.withLock { $0.removeValue(forKey: order.attempt) }
      let directory =
        if let made { made } else { try AttemptDirectory(for: order.attempt, in: root) }
      do throws(SystemFailure) {
        return try await body(
          ProcessExecution.Place(directory: directory, isKept: made != nil))
      } catch {
        if made == nil { await launcher.remove(directory.path, loop: loop) }
        throw error
      }
    } catch {
      throw .unavailable(error.text)
    }
  }

  public func folder(for order: WorkOrder) async throws(ExecutorError) -> any WorkFolder {
    do throws(SystemFailure) {
      let directory = try AttemptDirectory(for: order.attempt, in: root)
      folders.withLock { $0[order.attempt] = directory }
      return AttemptFolder(directory, pool, launcher, loop: loop) { [weak self] in
        self?.folders.withLock { _ = $0.removeValue(forKey: order.attempt) }
      }
    } catch {
      throw .unavailable(error.text)
    }
  }

  private func start(
    _ order: WorkOrder, _ command: [String], _ program: String,
    _ environment: SortedMap<String, String>, _ place: ProcessExecution.Place
  ) async throws(SystemFailure) -> any Execution {
    let directory = place.directory
    var process = ProcessOrder(
      program: program, directory: directory.work, hidden: root.shared, shown: directory.path,
      limits: configuration.limits, isFiltered: isFiltering, arguments: command,
      environment: environment)
    process.environment["HOME"] = order.environment["HOME"] ?? directory.work
    process.environment["TMPDIR"] = order.environment["TMPDIR"] ?? directory.temporary
    process.environment["MILLRACE_OUTPUTS"] = directory.outputs
    if case .script(let text, _) = order.work {
      try directory.writeScript(text)
      process.arguments.append(directory.script)
    }
    if let fault = process.fault {
      if !place.isKept { await launcher.remove(directory.path, loop: loop) }
      return failed(126, "program-not-executable", fault)
    }
    let tree = try launcher.launch(process)
    let execution = try ProcessExecution(
      ProcessExecution.Setting(
        order: order, program: program, place: place, launcher: launcher, loop: loop,
        time: time), tree)
    spawner.spawn("process \(order.attempt)") { await execution.follow() }
    if let code = await execution.waitForLaunch() {
      _ = await execution.result()
      throw SystemFailure(code, "starting a process")
    }
    return execution
  }

  private var defaults: SortedMap<String, String> {
    ["PATH": configuration.path, "LANG": configuration.language]
  }

  private func command(of order: WorkOrder) throws(ExecutorError) -> [String] {
    let command: [String]
    switch order.work {
    case .run(let argv): command = argv
    case .script(_, let interpreter): command = interpreter
    case .http, .call, .contained:
      throw .unsupported("this executor only starts programs")
    }
    guard command.first?.isEmpty == false else {
      throw .unsupported("the task names no program")
    }
    return command
  }

  private func failed(_ exitCode: Int, _ code: String, _ message: String) -> any Execution {
    EndedExecution(
      .failed(
        exitCode: exitCode, reason: Reason(code: code, message: message, since: time.now())))
  }
}

/// Work that was over before it began.
struct EndedExecution: Execution {
  private let ending: ExecutionResult

  init(_ ending: ExecutionResult) { self.ending = ending }

  func nextOutput() async -> [OutputLine] { [] }
  func stop(_ how: Ports.StopSignal) async {}
  func result() async -> ExecutionResult { ending }
}
