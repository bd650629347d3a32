import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

private func text(_ lines: [OutputLine]) -> [String] {
  lines.map { String(decoding: $0.bytes, as: UTF8.self) }
}

private func allOutput(_ execution: any Execution) async -> [String] {
  var lines: [String] = []
  while true {
    let more = await execution.nextOutput()
    if more.isEmpty { return lines }
    lines += text(more)
  }
}

extension ExecutionScript {
  /// What the function of the order's name does.
  @Sendable
  fileprivate static func acting(_ order: WorkOrder) -> ExecutionScript {
    guard case .call(let function, let arguments) = order.work else { return .hangs() }
    switch function {
    case "succeed":
      return .succeeds(
        outputs: order.outputs.isEmpty ? [:] : ["answer": arguments["value"] ?? .null])
    case "fail":
      return .fails()
    case "print":
      guard case .integer(let count)? = arguments["lines"] else { return .hangs() }
      let lines = 1...count
      return ExecutionScript(
        steps: lines.map { .print(.out, "line \($0)") },
        ending: .ends(.succeeded(outputs: [:])))
    case "deaf":
      return .hangs(termination: .ignores)
    default:
      return .hangs()
    }
  }
}

struct FakeExecutorTests {
  @Test(arguments: ExecutorContract.cases)
  func `the fake keeps the contract of Executor`(
    _ promise: ContractCase<ExecutorSubject>
  ) throws {
    try Simulation.run(seed: 1) { world in try await promise.check(subject(world)) }
  }

  /// Says each act by the name of a function; the value to give is its argument.
  private func subject(_ world: SimulatedWorld) -> ExecutorSubject {
    let executor = FakeExecutor(
      world,
      accepts: { work in
        if case .call = work { true } else { false }
      }, script: ExecutionScript.acting)
    return ExecutorSubject(executor: executor, foreign: .run(argv: ["true"])) { act in
      switch act {
      case .succeed(let value): .call(function: "succeed", arguments: ["value": value])
      case .fail: .call(function: "fail", arguments: [:])
      case .print(let lines):
        .call(function: "print", arguments: ["lines": .integer(Int64(lines))])
      case .hang: .call(function: "hang", arguments: [:])
      case .hangDeaf: .call(function: "deaf", arguments: [:])
      case .nonsense: nil
      }
    }
  }

  @Test func `a script prints, takes its time and ends`() throws {
    try Simulation.run(seed: 1) { world in
      let executor = FakeExecutor(world) { _ in
        .succeeds(after: .seconds(9), outputs: ["n": .integer(4)], printing: ["one", "two"])
      }
      var order = WorkOrder.sample()
      order.outputs = ["n": .integer]
      let execution = try await executor.start(order)
      #expect(executor.running == [.sample()])
      #expect(await allOutput(execution) == ["one", "two"])
      #expect(await execution.result() == .succeeded(outputs: ["n": .integer(4)]))
      #expect(await execution.nextOutput().isEmpty)
      #expect(world.elapsed == .seconds(9))
      #expect(executor.running.isEmpty)
      #expect(executor.records.first?.endedAt == .seconds(9))
    }
  }

  @Test func `output that nobody reads stops the task`() throws {
    try Simulation.run(seed: 1) { world in
      let lines = (0..<200).map { "\($0)" }
      let executor = FakeExecutor(world) { _ in
        ExecutionScript(
          steps: lines.map { .print(.error, $0) }, ending: .ends(.succeeded(outputs: [:])))
      }
      let execution = try await executor.start(.sample())
      try await world.here.time.sleep(for: .seconds(60))
      #expect(executor.running.count == 1)
      #expect(await allOutput(execution) == lines)
      #expect(await execution.result() == .succeeded(outputs: [:]))
    }
  }

  @Test func `signals do what the script says`() throws {
    try Simulation.run(seed: 1) { world in
      let executor = FakeExecutor(world) { order in
        order.attempt.fence.number == 1
          ? .hangs(termination: .ignores) : .hangs(termination: .obeys(after: .seconds(2)))
      }
      let stubborn = try await executor.start(.sample(.sample(fence: 1)))
      let polite = try await executor.start(.sample(.sample(fence: 2)))
      await stubborn.stop(.terminate)
      await polite.stop(.terminate)
      try await world.here.time.sleep(for: .seconds(3))
      #expect(executor.running == [.sample(fence: 1)])
      await stubborn.stop(.kill)
      await stubborn.stop(.kill)
      for execution in [stubborn, polite] {
        guard case .stopped = await execution.result() else {
          Issue.record("not stopped")
          continue
        }
      }
      #expect(executor.records.first?.signals == [.terminate, .kill, .kill])
    }
  }

  @Test func `what vanishes has an unknown result`() throws {
    try Simulation.run(seed: 1) { world in
      let executor = FakeExecutor(world) { _ in .vanishes(after: .seconds(5)) }
      let execution = try await executor.start(.sample())
      guard case .unknown = await execution.result() else {
        Issue.record("the result is known")
        return
      }
    }
  }

  @Test func `executions die with their process`() throws {
    try Simulation.run(seed: 1) { world in
      let executor = FakeExecutor(world) { _ in .hangs() }
      let worker = world.process("worker")
      worker.start { environment in
        _ = try await executor.start(.sample())
        try await environment.time.sleep(for: .seconds(3_600))
      }
      try await world.here.time.sleep(for: .seconds(1))
      #expect(executor.running.count == 1)
      worker.kill()
      try await world.here.time.sleep(for: .milliseconds(1))
      #expect(executor.running.isEmpty)
      #expect(executor.records.first?.result == nil)
    }
  }

  @Test func `a start that fails runs nothing`() throws {
    try Simulation.run(seed: 1) { world in
      var faults = ExecutorFaults()
      faults.unavailable = .always
      let executor = FakeExecutor(
        world, faults: faults,
        accepts: { work in
          if case .run = work { return true }
          return false
        }, script: { _ in .succeeds() })
      await #expect(throws: ExecutorError.self) { try await executor.start(.sample()) }
      await #expect(throws: ExecutorError.self) {
        try await executor.start(
          .sample(work: .script(text: "", interpreter: ["sh"])))
      }
      #expect(executor.records.isEmpty)
    }
  }
}
