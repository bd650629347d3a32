import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// What owners say of what waits.
struct PartitionGaugesTests {
  private func sum(_ world: SimulatedWorld, _ name: String) -> Int {
    world.telemetry.gauges.filter { $0.key.contains(" \(name) ") }.reduce(0) { sum, gauge in
      if case .number(let number) = gauge.value { sum + number } else { sum }
    }
  }

  private func longest(_ world: SimulatedWorld) -> Duration {
    world.telemetry.gauges.filter { $0.key.contains(" pool_oldest_wait ") }.map { gauge in
      if case .length(let length) = gauge.value { length } else { .zero }
    }.max() ?? .zero
  }

  @Test func `tasks without a worker wait, and with one they do not`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try SchedulerScene(world, .slow)
      scene.scheduler()
      let run = scene.start(.sample())
      try await scene.wait(for: "an owner") { scene.row(run) != nil }
      try await world.wait(for: "a minute", within: .seconds(120)) {
        longest(world) > .seconds(60)
      }
      #expect(sum(world, "pool_tasks_waiting") == 1)
      #expect(sum(world, "pool_tasks_in_flight") == 1)
      #expect(sum(world, "partition_runs") == 1)
      scene.worker { _ in .succeeds() }
      #expect(try await scene.ended(run).outcome == "succeeded")
      try await world.wait(for: "none", within: .seconds(60)) {
        sum(world, "pool_tasks_waiting") == 0 && longest(world) == .zero
      }
      // Pools that were told of are told on: a figure that vanishes scales nothing down.
      #expect(world.telemetry.gauges.contains { $0.key.contains(" pool_tasks_waiting ") })
    }
  }

  @Test func `a partition that has another owner is told of by that one alone`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try SchedulerScene(world, .slow)
      let one = scene.scheduler("one")
      let run = scene.start(.sample())
      try await scene.wait(for: "an owner") { scene.row(run) != nil }
      try await world.wait(for: "figures", within: .seconds(60)) {
        sum(world, "pool_tasks_waiting") == 1
      }
      one.stop()
      scene.scheduler("two")
      try await world.here.time.sleep(for: .seconds(60))
      #expect(sum(world, "pool_tasks_waiting") == 1)
      let told = world.telemetry.gauges.map(\.key)
      #expect(told.filter { !$0.hasPrefix("two/") } == [])
    }
  }
}
