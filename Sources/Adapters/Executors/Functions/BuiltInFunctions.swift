internal import Domain
internal import Ports

extension TaskFunction {
  /// The functions that every worker has.
  public static let builtIn: [TaskFunction] = [noop, echo, fail, wait]

  /// Succeeds at once.
  static let noop = TaskFunction("noop") { _, _ in [:] }

  /// Offers its arguments as outputs.
  static let echo = TaskFunction("echo") { arguments, _ in arguments }

  /// Fails with `message`, and with `code` when it is given.
  static let fail = TaskFunction("fail") { arguments, _ in
    let message = arguments["message"].map { $0.text } ?? "the function fail was called"
    let code = arguments["code"].map { $0.text } ?? "function-failed"
    throw FunctionFailure(code: code, message)
  }

  /// Waits for so many `seconds`, a number, and succeeds; ends early when stopped.
  static let wait = TaskFunction("wait") { arguments, context in
    try await context.time.sleep(for: try length(arguments["seconds"]))
    return [:]
  }

  private static func length(_ seconds: Value?) throws(FunctionFailure) -> Duration {
    switch seconds {
    case .integer(let whole)? where whole >= 0: return .seconds(whole)
    case .decimal(let decimal)? where decimal.scaled >= 0: return .nanoseconds(decimal.scaled)
    case .integer, .decimal, .null, .boolean, .string, .array, .object, nil:
      throw FunctionFailure(
        code: "argument-type", "wait needs the argument 'seconds', a number of 0 or more")
    }
  }
}
