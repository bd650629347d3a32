internal import Domain
internal import Glibc
public import Ports
internal import Synchronization
public import SystemAdapter

/// Runs work of the kind `contained`: a program or a script in a container, by the program of an
/// engine (Docker, Podman, or what understands the same words).
///
/// The container has the attempt's folder at `/millrace`, where `run` and `script` work as without
/// a container: current directory and HOME `/millrace/work`, TMPDIR, `MILLRACE_OUTPUTS`, files
/// before and artifacts after. It runs as no root, without capabilities and new privileges, with a
/// root that cannot be written, without a network unless the order says so, and with the limits of
/// the order. It is gone when the result is there; what a killed worker left goes at the next
/// start on the same machine.
///
/// Work is `unsupported` where the engine's program is not there or has never worked, and
/// `unavailable` while one that has worked does not. Reason codes besides those of programs:
/// `container-not-started` (125), `engine-unavailable`, `engine-lost`, `container-not-removed`.
public final class ContainerExecutor: Executor {
  private let configuration: ContainerExecutorConfiguration
  private let processes: ProcessExecutor
  private let engine: ContainerEngine?
  private let owner = ContainerOwner.current()
  private let time: any Time
  private let spawner: any Spawner
  private let hasWorked = Mutex(false)
  private let swept = Promise<Void>()

  /// Blocks for some milliseconds. What is left of workers that are no more is removed in the
  /// background.
  ///
  /// - Throws: `.unavailable` when the directory or the launcher of processes cannot be had.
  public init(
    _ configuration: ContainerExecutorConfiguration, loop: EventLoop, time: any Time,
    spawner: any Spawner
  ) throws(ExecutorError) {
    // The program of an engine talks to processes outside and must see their numbers: it gets no
    // namespaces. What it runs gets its own from the engine.
    var programs = ProcessExecutorConfiguration(directory: configuration.directory)
    programs.containment = .subreaper
    programs.filtersCalls = false
    let processes = try ProcessExecutor(programs, loop: loop, time: time, spawner: spawner)
    self.configuration = configuration
    self.processes = processes
    self.time = time
    self.spawner = spawner
    guard let program = ContainerExecutor.program(configuration) else {
      engine = nil
      swept.keep(())
      return
    }
    let engine = ContainerEngine(program, configuration, processes, time: time, spawner: spawner)
    self.engine = engine
    spawner.spawn("remove containers") { [owner, swept] in
      await engine.removeLeftovers(of: owner)
      swept.keep(())
    }
  }

  /// Gives up the folder, once nothing runs and nothing will be started any more.
  public func close() {
    processes.close()
    // Stays while another process uses it.
    rmdir(configuration.directory)
  }

  /// Returns when what others have left was looked for.
  func waitForSweep() async { await swept.value() }

  public func accepts(_ work: WorkOrder.Work) -> Bool {
    switch work {
    case .contained: true
    case .run, .script, .http, .call: false
    }
  }

  public func folder(for order: WorkOrder) async throws(ExecutorError) -> any WorkFolder {
    try await processes.folder(for: order)
  }

  public func start(_ order: WorkOrder) async throws(ExecutorError) -> any Execution {
    guard case .contained(let container, let program) = order.work else {
      throw .unsupported("this executor only runs containers")
    }
    let engine = try await workingEngine()
    let user = user
    let command = ContainerCommand(
      order: order, container: container, program: program,
      name: ContainerName(order.attempt, of: owner), user: user,
      processesMax: configuration.processesMax, keepsUser: engine.isPodman && geteuid() != 0)
    if let fault = command.fault { throw .unsupported(fault) }
    var outside = order
    outside.environment = configuration.environment
    let client = try await processes.start(outside) { directory throws(SystemFailure) in
      (engine.program, [engine.program] + (try command.prepare(directory)))
    }
    let execution = ContainerExecution(command.name, engine, client, time: time, spawner: spawner)
    spawner.spawn("container \(order.attempt)") { await execution.follow() }
    return execution
  }

  private func workingEngine() async throws(ExecutorError) -> ContainerEngine {
    guard let engine else {
      throw .unsupported(
        "this worker runs no containers: there is no program \(configuration.engine)")
    }
    // One look at each start: an engine that has gone says so before it fails half-way.
    if let fault = await engine.fault() {
      if hasWorked.withLock({ $0 }) { throw .unavailable(fault) }
      throw .unsupported("this worker runs no containers: \(fault)")
    }
    hasWorked.withLock { $0 = true }
    return engine
  }

  private var user: (id: UInt32, group: UInt32) {
    if geteuid() == 0 { return (configuration.userWhenRoot, configuration.userWhenRoot) }
    return (geteuid(), getegid())
  }

  private static func program(_ configuration: ContainerExecutorConfiguration) -> String? {
    guard case .found(let found) = ProgramSearch.find(configuration.engine, in: configuration.path),
      access(found, X_OK) == 0
    else { return nil }
    return found
  }
}

/// In place of an executor of containers, where the operator wants none: such work is refused with
/// a reason and never runs anywhere else.
public struct NoContainers: Executor {
  public init() {}

  public func accepts(_ work: WorkOrder.Work) -> Bool {
    switch work {
    case .contained: true
    case .run, .script, .http, .call: false
    }
  }

  public func folder(for order: WorkOrder) async throws(ExecutorError) -> any WorkFolder {
    throw NoContainers.refusal
  }

  public func start(_ order: WorkOrder) async throws(ExecutorError) -> any Execution {
    throw NoContainers.refusal
  }

  private static let refusal = ExecutorError.unsupported(
    "this worker runs no containers: start it with --container-engine, or give the task a pool "
      + "whose workers do")
}
