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

struct FakeExecutorTests {
  @Test func `a script prints, takes its time and ends`() throws {
    try Simulation.run(seed: 1) { world in
      let executor = FakeExecutor(world) { _ in
        .succeeds(after: .seconds(9), outputs: ["n": .integer(4)], printing: ["one", "two"])
      }
      let execution = try await executor.start(.sample())
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
        }
      ) { _ in .succeeds() }
      await #expect(throws: ExecutorError.self) { try await executor.start(.sample()) }
      await #expect(throws: ExecutorError.self) {
        try await executor.start(
          .sample(work: .script(text: "", interpreter: ["sh"])))
      }
      #expect(executor.records.isEmpty)
    }
  }
}
