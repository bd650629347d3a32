import Domain
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

@Suite(.timeLimit(.minutes(1)))
struct FunctionExecutorTests {
  private static let chatty = TaskFunction("chatty") { arguments, context in
    guard case .integer(let count)? = arguments["lines"] else { return [:] }
    for number in 1...count {
      await context.print("line \(number)")
      try Task.checkCancellation()
    }
    return [:]
  }

  private func executor(_ surroundings: Surroundings) -> FunctionExecutor {
    FunctionExecutor(
      TaskFunction.builtIn + [Self.chatty], time: surroundings.time,
      spawner: surroundings.spawner)
  }

  @Test(arguments: ExecutorContract.cases)
  func `functions keep the contract of executors`(
    _ promise: ContractCase<ExecutorSubject>
  ) async throws {
    let surroundings = try Surroundings()
    let subject = ExecutorSubject(
      executor: executor(surroundings), foreign: .run(argv: ["true"])
    ) { act in
      switch act {
      case .succeed(let value): .call(function: "echo", arguments: ["answer": value])
      case .fail: .call(function: "fail", arguments: ["message": .string("on purpose")])
      case .print(let count):
        .call(function: "chatty", arguments: ["lines": .integer(Int64(count))])
      case .hang: .call(function: "wait", arguments: ["seconds": .integer(600)])
      // A function that does not listen cannot be ended: there is no such act.
      case .hangDeaf: nil
      case .nonsense: .call(function: "no-such-function", arguments: [:])
      }
    }
    try await promise.check(subject)
  }

  @Test func `wait takes decimals and refuses what is no length`() async throws {
    let surroundings = try Surroundings()
    let executor = executor(surroundings)
    let short = WorkOrder.sample(
      .call(function: "wait", arguments: ["seconds": .decimal(Decimal(scaled: 1_000_000))]))
    #expect(try await ExecutorContract.run(executor, short).result == .succeeded(outputs: [:]))
    for bad in [Value.integer(-1), .string("1"), .null] {
      let order = WorkOrder.sample(.call(function: "wait", arguments: ["seconds": bad]))
      guard case .failed(nil, let reason) = try await ExecutorContract.run(executor, order).result
      else {
        Issue.record("\(bad) was taken")
        return
      }
      #expect(reason.code == "argument-type")
    }
  }

  @Test func `an unknown function is refused with those there are`() async throws {
    let surroundings = try Surroundings()
    let order = WorkOrder.sample(.call(function: "nope", arguments: [:]))
    let error = await #expect(throws: ExecutorError.self) {
      _ = try await executor(surroundings).start(order)
    }
    #expect(
      error
        == .unsupported(
          "this worker has no function 'nope'; it has chatty, echo, fail, noop, wait"))
  }
}
