import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing
import WorkerCore

@testable import WorkerService

struct WorkerEndTests {
  /// Goal: a worker whose task is cancelled ends in order, within its limits.
  /// Method: of three attempts one ends in time, one obeys, one is deaf and has a grace of an hour.
  @Test func `a cancelled worker drains, stops, kills, reports and closes its session`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = Scene(
        world, slots: 3,
        configure: { configuration in
          configuration.limits.drainWithin = .seconds(5)
          configuration.limits.evictWithin = .seconds(2)
        },
        script: { number in
          switch number {
          case 1: .succeeds(after: .seconds(3), printing: ["a", "b"])
          case 2: .hangs(printing: ["c"])
          case _: .hangs(termination: .ignores)
          }
        })
      scene.gateway.offer((1...4).map { Scene.order($0, grace: .seconds(3_600)) })
      try await scene.wait(for: "three to run") { scene.executor.running.count == 3 }
      let cancelledAt = world.elapsed
      scene.ask(.cancel)
      try await scene.wait(for: "the end") { scene.worker.status == .finished }
      #expect(world.elapsed - cancelledAt < .seconds(10))
      #expect(scene.executor.running.isEmpty)
      let records = scene.executor.records.sorted { $0.order.attempt < $1.order.attempt }
      #expect(records.map(\.order.attempt.task.index) == [3, 1, 2], "in the order of their runs")
      #expect(records.map(\.signals) == [[.terminate, .kill], [], [.terminate]])
      #expect(scene.gateway.result(of: Scene.attempt(1))?.result == .succeeded)
      for number in 2...3 {
        let result = try #require(scene.gateway.result(of: Scene.attempt(number)))
        #expect(result.result == .lost)
        #expect(result.reason?.code == "worker-drained")
      }
      #expect(scene.gateway.result(of: Scene.attempt(4)) == nil, "nothing new was claimed")
      #expect(scene.log(of: 1).lines == ["a", "b"] && scene.log(of: 1).isLast)
      #expect(scene.log(of: 2).lines == ["c"])
      #expect(scene.gateway[\.closed] == scene.gateway[\.sessions])
    }
  }

  @Test func `a cancelled worker that reaches nobody ends all the same`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = Scene(
        world, configure: { $0.endWithin = .seconds(4) },
        script: { _ in .hangs(printing: ["a"], termination: .ignores) })
      scene.gateway.offer([Scene.order(1), Scene.order(2)])
      try await scene.wait(for: "two to run") { scene.executor.running.count == 2 }
      scene.network.isolate(scene.worker)
      scene.bus.faults.isDown = true
      let cancelledAt = world.elapsed
      scene.ask(.cancel)
      try await scene.wait(for: "the end") {
        scene.worker.status == .finished && scene.executor.running.isEmpty
      }
      #expect(world.elapsed - cancelledAt < .seconds(5))
    }
  }

  @Test func `a worker that is killed ends everything at once and reports nothing`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = Scene(world) { _ in .hangs(termination: .ignores) }
      scene.gateway.offer([Scene.order(1), Scene.order(2)])
      try await scene.wait(for: "two to run") { scene.executor.running.count == 2 }
      scene.ask(.kill)
      try await scene.wait(for: "the end", within: .seconds(1)) {
        scene.worker.status == .finished && scene.executor.running.isEmpty
      }
      #expect(scene.executor.records.allSatisfy { $0.signals == [.kill] })
      #expect(scene.gateway.results.isEmpty)
    }
  }

  @Test func `a worker that is cancelled before it has a session ends`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = Scene(world) { _ in .succeeds() }
      scene.ask(.cancel)
      try await scene.wait(for: "the end", within: .seconds(10)) {
        scene.worker.status == .finished
      }
    }
  }
}
