public import Domain

/// Work with every value filled in: what an executor is asked to do.
public struct WorkOrder: Hashable, Sendable {
  public enum Work: Hashable, Sendable {
    case run(argv: [String])
    case script(text: String, interpreter: [String])
    case http(method: String, url: String, headers: [HTTPField], body: [UInt8], expect: [Int])
    case call(function: String, arguments: SortedMap<String, Value>)
    /// A program or a script in a container. It never runs anywhere else.
    case contained(TaskContainer, Program)
  }

  /// What runs in a container.
  public enum Program: Hashable, Sendable {
    case run(argv: [String])
    case script(text: String, interpreter: [String])
  }

  public var attempt: AttemptID
  /// Of the run.
  public var namespace = NamespaceName.default
  public var work: Work
  /// The whole environment of the attempt, `MILLRACE_…` included.
  public var environment: SortedMap<String, String>
  /// Of the environment and of the headers of a call, what holds secrets: the worker fills it in
  /// before an executor sees the order.
  public var secretEnvironment: SortedMap<String, SecretText> = [:]
  public var secretHeaders: SortedMap<String, SecretText> = [:]
  /// The outputs that the task declared; others are refused.
  public var outputs: SortedMap<String, ValueType>
  public var limits: ExecutionLimits
  /// Files that the worker keeps after the attempt, and that it brings before it.
  public var artifacts: [ArtifactRule] = []
  public var files: [FileOrder] = []
  /// The attempt; nil when nobody records its trace. What the work itself has to know of it is in
  /// its environment and headers already.
  public var trace: TraceContext?

  public init(
    attempt: AttemptID, work: Work, environment: SortedMap<String, String> = [:],
    outputs: SortedMap<String, ValueType> = [:], limits: ExecutionLimits = ExecutionLimits()
  ) {
    self.attempt = attempt
    self.work = work
    self.environment = environment
    self.outputs = outputs
    self.limits = limits
  }
}

/// What an executor enforces by itself; the time-outs are the worker's.
public struct ExecutionLimits: Hashable, Sendable {
  public var outputBytesMax: Int
  public var outputLineBytesMax: Int
  /// All declared outputs together, as text.
  public var outputsBytesMax: Int
  public var responseBytesMax: Int

  public init(
    outputBytesMax: Int = 100 << 20, outputLineBytesMax: Int = 64 << 10,
    outputsBytesMax: Int = 64 << 10, responseBytesMax: Int = 10 << 20
  ) {
    self.outputBytesMax = outputBytesMax
    self.outputLineBytesMax = outputLineBytesMax
    self.outputsBytesMax = outputsBytesMax
    self.responseBytesMax = responseBytesMax
  }
}

/// A piece of what a task printed: one line, or a part of a long one.
public struct OutputLine: Hashable, Sendable {
  /// Stands at the end of a part that goes on with the next piece.
  public static let continuationMark = Array(" [line continues]".utf8)

  public enum Stream: String, Hashable, Sendable { case out, error, system }

  public var stream: Stream
  /// Without the line break; bytes as printed, valid UTF-8 or not.
  public var bytes: [UInt8]
  /// When the executor read it.
  public var at: Moment

  public init(stream: Stream, bytes: [UInt8], at: Moment) {
    self.stream = stream
    self.bytes = bytes
    self.at = at
  }
}

/// How an execution ended.
public enum ExecutionResult: Hashable, Sendable {
  /// By itself and well; processes have an exit code.
  case succeeded(outputs: SortedMap<String, Value>, exitCode: Int? = nil)
  /// By itself and badly, or by a signal that nobody here sent.
  case failed(exitCode: Int?, reason: Reason)
  /// Because it was told to stop.
  case stopped(Reason)
  /// Nobody can tell: the executor lost sight of it. Never mapped to success or failure.
  case unknown(Reason)
}

public enum ExecutorError: Error, Hashable, Sendable {
  /// This executor cannot do such work here, and says why.
  case unsupported(String)
  /// Nothing was started; try again later.
  case unavailable(String)
}

/// Runs work of some kinds: processes, HTTP calls, functions, containers.
public protocol Executor: Sendable {
  /// Whether this executor is the one for such work.
  func accepts(_ work: WorkOrder.Work) -> Bool

  /// Starts the work. After an error nothing runs.
  func start(_ order: WorkOrder) async throws(ExecutorError) -> any Execution

  /// Makes the folder of an attempt before its work starts, for who brings files in and takes some
  /// out. The next `start` of the attempt uses it, and it stays until it is removed.
  ///
  /// - Throws: `.unsupported` for work that has no folder.
  func folder(for order: WorkOrder) async throws(ExecutorError) -> any WorkFolder
}

extension Executor {
  public func folder(for order: WorkOrder) async throws(ExecutorError) -> any WorkFolder {
    throw .unsupported("work of this kind has no folder for files")
  }
}

/// Work under way.
public protocol Execution: Sendable {
  /// The next lines of output, at least one; an empty list when all has been read. Output that
  /// nobody reads stops the task, never the platform.
  func nextOutput() async -> [OutputLine]

  /// `.terminate` asks politely, `.kill` ends the whole process tree. Both may come at any time and
  /// more than once; after the end they do nothing.
  func stop(_ how: StopSignal) async

  /// The result, once nothing of the execution is left: no process, no connection. May be asked
  /// from several tasks.
  func result() async -> ExecutionResult

  /// What it has used, once there is a result; nil for work that uses nothing of its own here, and
  /// when nobody could measure it.
  func usage() async -> ResourceUsage?
}

extension Execution {
  public func usage() async -> ResourceUsage? { nil }
}

public enum StopSignal: Hashable, Sendable { case terminate, kill }
