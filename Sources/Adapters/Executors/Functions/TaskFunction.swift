public import Domain
public import Ports

/// Why a function did not succeed. A function that was cancelled throws `CancellationError`.
public struct FunctionFailure: Error, Hashable, Sendable {
  /// A stable word for programs.
  public var code: String
  public var message: String

  public init(code: String = "function-failed", _ message: String) {
    self.code = code
    self.message = message
  }
}

/// What a function is given beside its arguments.
public struct FunctionContext: Sendable {
  public let attempt: AttemptID
  public let time: any Time
  private let lines: LineQueue

  init(attempt: AttemptID, time: any Time, lines: LineQueue) {
    self.attempt = attempt
    self.time = time
    self.lines = lines
  }

  /// Prints a line to the log of the task; waits while nobody reads it.
  public func print(_ text: String) async {
    await lines.append(text, to: .out, at: time.now())
  }
}

/// A function of the worker's own process that tasks can call.
///
/// It runs as a task that is cancelled when the attempt is stopped; it must then return or throw
/// soon, since nothing else can end it.
public struct TaskFunction: Sendable {
  public typealias Body =
    @Sendable (SortedMap<String, Value>, FunctionContext) async throws -> SortedMap<String, Value>

  public let name: String
  let body: Body

  public init(_ name: String, _ body: @escaping Body) {
    self.name = name
    self.body = body
  }
}
