import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import Wire
import WorkerCore

@testable import WorkerService

struct WorkerServerTests {
  @Test func `it runs what is offered, as many at once as it has slots, and drains`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = Scene(world, slots: 2) { number in
        number == 4
          ? .fails(exitCode: 9, after: .seconds(1))
          : .succeeds(after: .seconds(1), outputs: ["n": .integer(Int64(number))])
      }
      let orders = (1...5).map { number in
        var order = Scene.order(number)
        order.outputs = ["n": ValueTypeMessage(.integer)]
        return order
      }
      scene.gateway.offer(orders)
      var most = 0
      try await scene.wait(for: "five ends") {
        most = max(most, scene.executor.running.count)
        return scene.gateway.results.count == 5
      }
      #expect(most == 2)
      let third = try #require(scene.gateway.result(of: Scene.attempt(3)))
      #expect(third.result == .succeeded)
      #expect(third.outputs == ["n": ValueMessage(.integer(3))])
      #expect(third.exitCode == nil, "only processes have one")
      #expect(third.session == scene.gateway[\.sessions].first)
      #expect(third.worker == "worker-1")
      #expect(third.endedAtUs - third.startedAtUs >= 1_000_000)
      let fourth = try #require(scene.gateway.result(of: Scene.attempt(4)))
      #expect(fourth.result == .failed)
      #expect(fourth.exitCode == 9)
      #expect(scene.bus.records("task.failed").map(\.record.key) == [Scene.attempt(4).run.text])
      scene.drain()
      try await scene.wait(for: "the end") { scene.worker.status == .finished }
      #expect(scene.gateway[\.closed] == scene.gateway[\.sessions])
    }
  }

  @Test func `a process that succeeded is reported with its exit code`() throws {
    try Simulation.run(seed: 9) { world in
      let scene = Scene(world) { _ in
        ExecutionScript(steps: [], ending: .ends(.succeeded(outputs: [:], exitCode: 0)))
      }
      scene.gateway.offer([Scene.order(1)])
      try await scene.waitForResults([1])
      #expect(scene.gateway.result(of: Scene.attempt(1))?.exitCode == 0)
    }
  }

  @Test func `a hint is claimed at once, however long nothing came`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = Scene(world) { _ in .succeeds() }
      try await world.here.time.sleep(for: .seconds(20))
      scene.gateway.offer([Scene.order(1)])
      let hint = TaskScheduled(
        attempt: Scene.attempt(1).description, pool: "default", offeredAtUs: 0)
      scene.bus.append([
        BusRecord(
          topic: "task.scheduled.default", key: Scene.attempt(1).description,
          value: hint.encoded())
      ])
      try await scene.wait(for: "the result", within: .milliseconds(50)) {
        !scene.gateway.results.isEmpty
      }
      let named = scene.gateway[\.claims].flatMap(\.attempts)
      #expect(named == [Scene.attempt(1).description])
    }
  }

  @Test func `stops are asked for, then forced, and reported with their reason`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = Scene(world, slots: 3) { number in
        .hangs(termination: number == 1 ? .obeys(after: .seconds(1)) : .ignores)
      }
      scene.gateway.offer((1...2).map { Scene.order($0) } + [Scene.order(3, attempt: .seconds(5))])
      try await scene.wait(for: "three to run") { scene.executor.running.count == 3 }
      scene.gateway[\.stops] = (1...2).map {
        HeartbeatResponse.Stop(
          attempt: Scene.attempt($0).description, isKill: false, reason: "cancelled by a test")
      }
      try await scene.waitForResults(1...3, within: .seconds(15))
      // They may have started in any order.
      let signals = SortedMap(scene.executor.records.map { ($0.order.attempt, $0.signals) })
      #expect(signals[Scene.attempt(1)] == [.terminate])
      #expect(signals[Scene.attempt(2)] == [.terminate, .kill])
      #expect(signals[Scene.attempt(3)] == [.terminate, .kill])
      let first = try #require(scene.gateway.result(of: Scene.attempt(1)))
      #expect(first.result == .stopped)
      #expect(first.reason?.message == "cancelled by a test")
      let third = try #require(scene.gateway.result(of: Scene.attempt(3)))
      #expect(third.result == .timedOut)
      #expect(third.reason?.code == "attempt-timeout")
      try await scene.wait(for: "the scheduler to hear of it") { scene.gateway[\.stops].isEmpty }
    }
  }

  @Test func `a result is published again until its owner has it`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = Scene(world) { _ in .succeeds() }
      scene.gateway[\.acknowledges] = false
      scene.gateway.offer([Scene.order(1)])
      try await scene.wait(for: "the third publication") { scene.gateway.results.count == 3 }
      scene.gateway[\.acknowledges] = true
      try await scene.wait(for: "a heartbeat without it") {
        scene.gateway[\.beats].last?.heldCount == 0
      }
      let count = scene.gateway.results.count
      try await world.here.time.sleep(for: .seconds(120))
      #expect(scene.gateway.results.count == count)
    }
  }

  /// Goal: a worker never runs under two sessions at once.
  /// Method: end the session while two attempts run, one of them deaf to polite signals.
  @Test func `when its session is over it kills everything before it opens another`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = Scene(world) { _ in .hangs(termination: .ignores) }
      scene.gateway.offer((1...4).map { Scene.order($0) })
      try await scene.wait(for: "two to run") { scene.executor.running.count == 2 }
      scene.gateway[\.over] = SortedSet(scene.gateway[\.sessions])
      try await scene.wait(for: "a second session") {
        let isSecond = scene.gateway[\.sessions].count == 2
        if isSecond, scene.gateway[\.leases].count == 2 {
          #expect(scene.executor.running.isEmpty)
        }
        return isSecond && scene.gateway[\.leases].count == 4
      }
      #expect(scene.gateway.results.isEmpty, "what was lost with the session is not reported")
      #expect(scene.executor.records.prefix(2).allSatisfy { $0.signals == [.kill] })
    }
  }

  @Test func `a worker that no scheduler hears for a lease stops what it runs`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = Scene(world) { _ in .hangs() }
      scene.gateway.offer([Scene.order(1)])
      try await scene.wait(for: "one to run") { scene.executor.running.count == 1 }
      scene.network.isolate(scene.worker)
      let cut = world.elapsed
      try await scene.wait(for: "the kill") { scene.executor.running.isEmpty }
      #expect(world.elapsed - cut <= FakeGateway.lease + .seconds(1))
      #expect(world.elapsed - cut >= FakeGateway.lease - .seconds(2))
      scene.network.heal()
      try await scene.wait(for: "the next session") { scene.gateway[\.sessions].count >= 2 }
    }
  }

  @Test func `what cannot be understood or started is answered, and its slot is free again`()
    throws
  {
    try Simulation.run(seed: 7) { world in
      let scene = Scene(world, slots: 1) { _ in .succeeds() }
      var unreadable = Scene.order(1)
      unreadable.work = nil
      scene.gateway.offer([unreadable, Scene.order(2)])
      try await scene.waitForResults([1, 2])
      let first = try #require(scene.gateway.result(of: Scene.attempt(1)))
      #expect(first.result == .failed)
      #expect(first.reason?.code == "order-unreadable")
      var faults = ExecutorFaults()
      faults.unavailable = .always
      scene.executor.faults = faults
      scene.gateway.offer([Scene.order(3)])
      try await scene.waitForResults([3])
      let third = try #require(scene.gateway.result(of: Scene.attempt(3)))
      #expect(third.result == .lost)
    }
  }

  @Test func `a drain hands back what does not finish in time`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = Scene(
        world, configure: { $0.limits.drainWithin = .seconds(5) },
        script: { number in
          number == 1 ? .succeeds(after: .seconds(3)) : .hangs(termination: .ignores)
        })
      scene.gateway.offer((1...3).map { Scene.order($0) })
      try await scene.wait(for: "two to run") { scene.executor.running.count == 2 }
      scene.drain()
      try await scene.wait(for: "the end") { scene.worker.status == .finished }
      #expect(scene.gateway.result(of: Scene.attempt(1))?.result == .succeeded)
      let second = try #require(scene.gateway.result(of: Scene.attempt(2)))
      #expect(second.result == .lost)
      #expect(second.reason?.code == "worker-drained")
      #expect(scene.gateway.result(of: Scene.attempt(3)) == nil, "nothing new was claimed")
      #expect(scene.gateway[\.beats].last?.isDraining == true)
    }
  }

  /// Goal: whatever bus and network do, each attempt that was held to its end has one verdict, no
  /// attempt runs twice, and logs are whole.
  /// Method: thirty attempts of all kinds in a hostile world, judged in the end.
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `in a hostile world nothing runs twice and nothing is told two ways`(
    seed: UInt64
  ) throws {
    try Simulation.run(seed: seed) { world in
      let lines = (0..<20).map { "line \($0)" }
      let scene = Scene(
        world, slots: 4, bus: .hostile, network: .hostile,
        script: { number in
          switch number % 5 {
          case 0: .succeeds(after: .milliseconds(200), printing: lines)
          case 1: .fails(exitCode: 3, after: .seconds(1), printing: lines)
          case 2: .vanishes(after: .seconds(1))
          case 3: .hangs(printing: lines, termination: .ignores)
          case _: .succeeds()
          }
        })
      scene.gateway.offer(
        (1...30).map { Scene.order($0, attempt: .seconds(3), grace: .seconds(1)) })
      try await scene.wait(for: "all to be claimed and done", within: .seconds(600)) {
        scene.gateway[\.offers].isEmpty && scene.executor.running.isEmpty
      }
      scene.network.faults = .calm
      scene.bus.faults = .calm
      try await world.here.time.sleep(for: .seconds(60))
      let attempts = scene.executor.records.map(\.order.attempt)
      #expect(Set(attempts).count == attempts.count, "an attempt ran twice")
      for record in scene.executor.records {
        let attempt = record.order.attempt
        let told = scene.gateway.results.filter { $0.attempt == attempt.description }
        #expect(Set(told.map(\.result)).count <= 1, "\(attempt) is told two ways")
        guard let result = told.first, let number = attempt.task.index else { continue }
        let log = scene.log(of: number)
        #expect(log.isDense, "\(attempt)")
        #expect(Int64(log.lines.count) == result.logLines, "\(attempt)")
        #expect(log.lines == Array(lines.prefix(log.lines.count)))
      }
    }
  }
}
