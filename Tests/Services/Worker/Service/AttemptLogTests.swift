import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import WorkerCore

@testable import WorkerService

struct AttemptLogTests {
  private static func lines(_ count: Int) -> [String] { (0..<count).map { "line \($0)" } }

  /// Prints the lines without a pause, then ends as told.
  private static func burst(_ count: Int, _ ending: ExecutionScript.Ending) -> ExecutionScript {
    ExecutionScript(
      steps: lines(count).map { .print(.out, $0) }, ending: ending, termination: .ignores)
  }

  private static let succeeds = ExecutionScript.Ending.ends(.succeeded(outputs: [:]))

  @Test func `lines are numbered without gaps, the first says when, the last that it is`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = Scene(
        world, configure: { $0.logRecordBytesMax = 400 },
        script: { _ in Self.burst(100, Self.succeeds) })
      scene.gateway.offer([Scene.order(1)])
      try await scene.waitForResults([1])
      let log = scene.log(of: 1)
      #expect(log.lines == Self.lines(100))
      #expect(log.isDense && log.isLast)
      let result = try #require(scene.gateway.result(of: Scene.attempt(1)))
      #expect(result.logLines == 100)
      #expect(log.startedAt == result.startedAtUs)
      #expect(scene.bus.records("task.logs").count > 5)
    }
  }

  @Test func `an attempt that prints nothing sends nothing`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = Scene(world) { _ in .succeeds() }
      scene.gateway.offer([Scene.order(1)])
      try await scene.waitForResults([1])
      #expect(scene.bus.records("task.logs").isEmpty)
    }
  }

  /// Goal: a bus that takes nothing holds a talkative attempt back, and is not the attempt's fault.
  /// Method: print more than the buffer while the bus is down, under a limit on silence.
  @Test func `while the bus is down an attempt waits, and is not taken for silent`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = Scene(
        world, configure: { $0.logBufferBytesMax = 1_000 },
        script: { _ in Self.burst(500, Self.succeeds) })
      scene.bus.faults.isDown = true
      scene.gateway.offer([Scene.order(1, silence: .seconds(3))])
      try await scene.wait(for: "it to run") { scene.executor.running.count == 1 }
      try await world.here.time.sleep(for: .seconds(30))
      #expect(scene.executor.running.count == 1)
      #expect(scene.executor.records.first?.signals == [])
      scene.bus.faults.isDown = false
      try await scene.waitForResults([1])
      #expect(scene.gateway.result(of: Scene.attempt(1))?.result == .succeeded)
      #expect(scene.log(of: 1).lines == Self.lines(500))
    }
  }

  @Test func `silence that is the attempt's own ends it`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = Scene(world) { _ in Self.burst(3, .hangs) }
      scene.gateway.offer([Scene.order(1, silence: .seconds(3), grace: .seconds(1))])
      try await scene.waitForResults([1], within: .seconds(6))
      let result = try #require(scene.gateway.result(of: Scene.attempt(1)))
      #expect(result.result == .timedOut)
      #expect(result.reason?.code == "heartbeat-timeout")
      #expect(scene.log(of: 1).lines == Self.lines(3))
    }
  }

  @Test func `trouble with logs keeps no kill from happening and no line from arriving`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = Scene(
        world,
        configure: {
          $0.logBufferBytesMax = 1_000
          $0.logFlushWithin = .seconds(2)
        }, script: { _ in Self.burst(40, .hangs) })
      scene.bus.faults.isDown = true
      scene.gateway.offer([Scene.order(1)])
      try await scene.wait(for: "it to run") { scene.executor.running.count == 1 }
      scene.gateway[\.stops] = [
        HeartbeatResponse.Stop(
          attempt: Scene.attempt(1).description, isKill: true, reason: "killed by a test")
      ]
      try await scene.wait(for: "the kill", within: .seconds(2)) {
        scene.executor.running.isEmpty
      }
      try await world.here.time.sleep(for: .seconds(10))
      scene.gateway.offer([Scene.order(2)])
      try await scene.wait(for: "its slot to be free") { scene.executor.records.count == 2 }
      scene.bus.faults.isDown = false
      try await scene.wait(for: "the log") { scene.log(of: 1).isLast }
      #expect(scene.log(of: 1).lines == Self.lines(40))
      try await scene.waitForResults([1])
    }
  }
}
