internal import Domain
internal import SimulationFaults
internal import SimulationKit
public import SimulationScenarios

extension WorldPlan {
  /// The world that a seed stands for in a scenario. Its draws depend on nothing else.
  public static func draw(_ scenario: Scenario, seed: UInt64) -> WorldPlan {
    var random = RandomStream(seed: seed, name: "scenario \(scenario.name)")
    var plan = WorldPlan(profile: scenario.name)
    let world = scenario.world
    plan.topology = Topology(
      schedulers: random.number(in: world.schedulers), workers: random.number(in: world.workers),
      slotsPerWorker: random.number(in: world.slotsPerWorker))
    plan.habits = world.isBrisk ? .brisk : .calm
    plan.lostWorkers = random.number(in: world.lostWorkers)
    plan.lostSchedulers = random.number(in: world.lostSchedulers)
    plan.buggifyPercent = random.number(in: world.buggifyPercent)
    plan.chaosLength = random.length(in: world.length).inWholeMilliseconds
    plan.restWithin = random.length(in: world.restWithin).inWholeMilliseconds
    plan.workload.workflows = random.number(in: scenario.workload.workflows)
    plan.workload.users = random.number(in: scenario.workload.users)
    plan.workload.runsPerUser = random.number(in: scenario.workload.runsPerUser)
    plan.tasks.failsPercent = random.number(in: scenario.tasks.failsPercent)
    plan.tasks.vanishesPercent = random.number(in: scenario.tasks.vanishesPercent)
    plan.tasks.hangsPercent = random.number(in: scenario.tasks.hangsPercent)
    plan.tasks.ignoresPercent = random.number(in: scenario.tasks.ignoresPercent)
    plan.tasks.linesMax = random.number(in: scenario.tasks.linesMax)
    plan.tasks.longest = random.length(in: scenario.tasks.longest).inWholeMilliseconds
    plan.tasks.shortest = random.length(in: scenario.tasks.shortest).inWholeMilliseconds
    if let rest = scenario.workload.restMax {
      plan.workload.restMax = random.length(in: rest).inWholeMilliseconds
    } else {
      plan.pace()
    }
    var faults = RandomStream(seed: seed, name: "faults \(scenario.name)")
    let profile = scenario.profile.flatMap(Profiles.named)
    if let profile {
      plan.faults = FaultSchedule.draw(profile, by: &faults, over: plan.chaosLength).events
    }
    for fault in scenario.faults { plan.faults += plan.events(of: fault, by: &faults) }
    return plan
  }

  private func events(
    of fault: ScenarioFault, by random: inout RandomStream
  ) -> [FaultEvent] {
    guard let card = Faults.named(fault.fault)?.card else { return [] }
    return (0..<random.number(in: fault.times)).map { _ in
      var settings = FaultSettings.draw(card, by: &random, within: fault.settings)
      let target = fault.on.flatMap { name in
        FaultTargets.target(
          of: name, which: fault.which, for: card, by: &random, count: topology.count(of:))
      }
      if let target { settings.values["target"] = target }
      let length = random.length(in: fault.length).inWholeMilliseconds
      switch fault.beginning {
      case .at(let range):
        return FaultEvent(
          fault: fault.fault, at: random.length(in: range).inWholeMilliseconds, length: length,
          settings: settings)
      case .after(let landmark, let nth, let plus):
        return FaultEvent(
          fault: fault.fault, after: FaultAnchor(landmark, nth: random.number(in: nth)),
          at: random.length(in: plus).inWholeMilliseconds, length: length, settings: settings)
      }
    }
  }
}
