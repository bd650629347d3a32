internal import Domain
public import Ports

/// Runs work of the kind `call`: functions of the worker's own process.
public struct FunctionExecutor: Executor {
  private let functions: [String: TaskFunction]
  private let time: any Time
  private let spawner: any Spawner

  /// Of functions with the same name the last one counts.
  public init(
    _ functions: [TaskFunction] = TaskFunction.builtIn, time: any Time, spawner: any Spawner
  ) {
    self.functions = Dictionary(functions.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    self.time = time
    self.spawner = spawner
  }

  public func accepts(_ work: WorkOrder.Work) -> Bool {
    switch work {
    case .call: true
    case .run, .script, .http, .contained: false
    }
  }

  public func start(_ order: WorkOrder) async throws(ExecutorError) -> any Execution {
    guard case .call(let name, let arguments) = order.work else {
      throw .unsupported("this executor only calls functions")
    }
    guard let function = functions[name] else {
      let known = functions.keys.sorted().joined(separator: ", ")
      throw .unsupported("this worker has no function '\(name)'; it has \(known)")
    }
    let lines = LineQueue(order.limits)
    let context = FunctionContext(attempt: order.attempt, time: time, lines: lines)
    let time = time
    return SpawnedExecution(lines: lines, time: time, spawner, whenStopped: "told to stop") {
      do {
        let offered = try await function.body(arguments, context)
        return .succeeded(
          outputs: try OutputsCheck.pick(
            from: offered, declared: order.outputs, bytesMax: order.limits.outputsBytesMax))
      } catch let failure as FunctionFailure {
        return .failed(
          exitCode: nil,
          reason: Reason(code: failure.code, message: failure.message, since: time.now()))
      } catch let fault as OutputsCheck.Fault {
        return .failed(exitCode: nil, reason: fault.reason(at: time.now()))
      } catch {
        return .failed(
          exitCode: nil,
          reason: Reason(
            code: "function-failed", message: "\(name) failed: \(error)", since: time.now()))
      }
    }
  }
}
