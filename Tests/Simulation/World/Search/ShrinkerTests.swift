import SimulationScenarios
import SimulationWorld
import Testing

/// Makes a failing world small.
struct ShrinkerTests {
  @Test func `a world that fails for one reason keeps that reason alone`() throws {
    // Tasks take longer than there is time, faults or not.
    var plan = try ChaosTests.plan("swarm", 2)
    plan.chaosLength = .seconds(60)
    plan.restWithin = .seconds(1)
    (plan.tasks.shortest, plan.tasks.longest) = (.seconds(300), .seconds(300))
    let verdict = WorldRun(seed: 2, plan).run()
    #expect(verdict.signature == "everything-ends")
    var left = 40
    var shrinker = Shrinker(
      seed: 2, signature: verdict.signature,
      mayGoOn: {
        left -= 1
        return left > 0
      })
    let small = shrinker.shrink(plan)
    #expect(WorldRun(seed: 2, small).run().signature == verdict.signature)
    #expect(small.faults.count < plan.faults.count)
    #expect(shrinker.tried < 40)
  }
}
