import SimulationFaults
import SimulationScenarios
import SimulationWorld
import Testing

/// Seeded worlds as ordinary tests: short ones, since this build is a slow one. `sim run` runs the
/// long ones.
struct ChaosTests {
  /// A profile's world, with less to do.
  static func plan(_ profile: String, _ seed: UInt64) throws -> WorldPlan {
    var plan = WorldPlan.draw(try #require(Profiles.named(profile)), seed: seed)
    plan.workload.users = 2
    plan.workload.runsPerUser = 3
    plan.workload.restMax = .seconds(20)
    plan.chaosLength = .seconds(90)
    plan.faults = plan.faults.map { fault in
      var fault = fault
      fault.at = fault.at / 6
      fault.length = fault.length / 4
      return fault
    }
    return plan
  }

  @Test(arguments: [
    "quiet", "lite", "swarm", "killstorm", "attrition", "zombie", "unknown-outcome", "clock",
    "overload",
  ])
  func `a world of each profile holds every invariant`(profile: String) throws {
    for seed in 1...2 as ClosedRange<UInt64> {
      let verdict = WorldRun(seed: seed, try Self.plan(profile, seed)).run()
      #expect(verdict.isGood, "seed \(seed): \(verdict.violations) \(verdict.failure as Any)")
      #expect(verdict.attempts > 3, "seed \(seed) did next to nothing")
    }
  }

  @Test func `the same seed goes the same way twice`() throws {
    let plan = try Self.plan("swarm", 3)
    let first = WorldRun(seed: 3, plan).run()
    let second = WorldRun(seed: 3, plan).run()
    #expect(first.trace == second.trace)
    #expect(first.facts == second.facts)
    #expect(WorldRun(seed: 4, plan).run().trace != first.trace)
  }

  @Test func `looking on changes nothing`() throws {
    let plan = try Self.plan("zombie", 5)
    var watched = WorldRun(seed: 5, plan)
    let chronicle = Chronicle()
    watched.chronicle = chronicle
    #expect(watched.run().trace == WorldRun(seed: 5, plan).run().trace)
    #expect(chronicle.entries.count > 100)
  }
}
