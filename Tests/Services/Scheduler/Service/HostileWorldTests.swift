import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

struct HostileWorldTests {
  /// Goal: whatever store, bus, network and processes do, every task gets exactly one final outcome
  /// and every run ends.
  /// Method: random graphs on two schedulers and two workers; a minute of faults, kills and pauses;
  /// then calm. The judge watches every commit.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func `every task has one outcome and every run ends`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .hostile)
      let schedulers = [scene.scheduler("scheduler-1"), scene.scheduler("scheduler-2")]
      let random = world.stream(named: "test")
      let workers = ["worker-1", "worker-2"].map { name in
        scene.worker(name, slots: 3) { attempt in
          var hash = StableHash()
          hash.combine(attempt.description)
          return switch hash.value % 10 {
          case 0, 1: .fails(after: .milliseconds(200))
          case 2: .succeeds(after: .seconds(5))
          case 3: .forgotten
          default: .succeeds(after: .milliseconds(100), outputs: ["n": .integer(1)])
          }
        }
      }
      let runs = (1...3).map { number in
        scene.start(HostileWorldTests.graph(random), run: UInt64(number))
      }
      if random.below(3) == 0 { scene.command(.cancel, runs[0]) }
      for _ in 0..<8 {
        try await world.here.time.sleep(for: .milliseconds(500 + random.below(8_000)))
        let victim = schedulers[random.below(2)].process
        switch random.below(4) {
        case 0: victim.restart(after: .milliseconds(random.below(4_000)))
        case 1:
          victim.pause()
          world.schedule(after: .milliseconds(random.below(8_000))) { victim.resume() }
        case 2: workers[random.below(2)].process.restart(after: .seconds(random.below(5)))
        default: continue
        }
      }
      scene.faults = .slow
      for run in runs {
        let announced = try await scene.ended(run, within: .seconds(900))
        let rows = scene.taskRows(run)
        #expect(rows.allSatisfy { $0.phase == "ended" }, "\(rows.map(\.phase))")
        let isGood = rows.allSatisfy { ["succeeded", "skipped"].contains($0.outcome) }
        if announced.outcome == "succeeded" { #expect(isGood) }
        #expect(Set(scene.completions(run).map(\.outcome)).count == 1)
      }
      #expect(scene.judge.violations == [])
    }
  }

  /// Up to 14 tasks, each of which needs some of those before it.
  static func graph(_ random: WorldRandom) -> WorkflowDefinition {
    let count = 2 + random.below(12)
    let tasks = (0..<count).map { number in
      let needs = (0..<number).filter { _ in random.below(4) == 0 }
      return TaskDefinition.sample(
        name(number), needs: needs.map(name),
        retry: RetryPolicy(attemptsMax: 3, backoff: Backoff(initial: .milliseconds(200))))
    }
    return .sample("graph-\(random.below(1 << 30))", tasks: tasks)
  }

  private static func name(_ number: Int) -> String {
    "t" + String(repeating: "0", count: number < 10 ? 1 : 0) + "\(number)"
  }
}
