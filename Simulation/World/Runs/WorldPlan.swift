internal import Domain
public import SimulationFaults
internal import SimulationKit
public import SimulationScenarios

/// Everything that a world is made of, its faults included: with the seed it says all that happens.
public struct WorldPlan: Hashable, Sendable {
  /// Where it comes from, for people.
  public var profile: String
  public var topology = Topology()
  public var habits = Habits.calm
  public var workload = Workload()
  public var tasks = TaskModel()
  /// Somebody's own workflow, in place of made-up ones.
  public var user: UserWorkflow?
  public var faults: [FaultEvent] = []
  /// How many of the `buggify` sites of the services misbehave, in percent.
  public var buggifyPercent = 0
  /// Processes that never come back once the faults are over: the rest must do without them.
  public var lostWorkers = 0
  public var lostSchedulers = 0
  /// How long people use the platform and faults happen.
  public var chaosLength: Duration = .seconds(480)
  /// How long everything may take to come to its end after that.
  public var restWithin: Duration = .seconds(600)

  public init(profile: String = "quiet") {
    self.profile = profile
  }

  /// The world that a seed stands for in a profile. Its draws depend on nothing else.
  public static func draw(_ profile: Profile, seed: UInt64) -> WorldPlan {
    var random = RandomStream(seed: seed, name: "plan \(profile.name)")
    var plan = WorldPlan(profile: profile.name)
    plan.topology = Topology(
      schedulers: 1 + random.below(3), workers: 1 + random.below(4),
      slotsPerWorker: 1 + random.below(6))
    plan.chaosLength = .seconds(60 + random.below(60)) * (1 + random.below(5))
    if random.happens(.percent(3)) {
      plan.habits = .brisk
      plan.chaosLength = min(plan.chaosLength, .seconds(90))
    }
    plan.workload.workflows = 3 + random.below(6)
    plan.workload.users = 1 + random.below(4)
    plan.workload.runsPerUser = 4 + random.below(12)
    plan.tasks.failsPercent = random.below(25)
    plan.tasks.vanishesPercent = random.below(5)
    plan.tasks.hangsPercent = random.below(5)
    plan.tasks.longest = .seconds(1 + random.below(25))
    plan.pace()
    plan.buggifyPercent = profile.buggifyPercent
    if profile.events.upperBound > 0 {
      if plan.topology.workers > 1, random.happens(.percent(30)) { plan.lostWorkers = 1 }
      if plan.topology.schedulers > 1, random.happens(.percent(30)) { plan.lostSchedulers = 1 }
    }
    var faults = RandomStream(seed: seed, name: "faults \(profile.name)")
    plan.faults = FaultSchedule.draw(profile, by: &faults, over: plan.chaosLength).events
    return plan
  }

  /// The world that a seed stands for in a profile, with somebody's own workflow in it.
  public static func draw(_ user: UserWorkflow, _ profile: Profile, seed: UInt64) -> WorldPlan {
    var plan = draw(profile, seed: seed)
    plan.user = user
    plan.workload.workflows = 1
    plan.workload.users = 1
    plan.workload.runsPerUser = user.runs
    plan.workload.meddles = false
    plan.restWithin += user.hangingMax
    plan.topology.slotsPerWorker += 2
    plan.workload.restMax = (plan.chaosLength * 2 / max(user.runs, 1)).inWholeMilliseconds
    return plan
  }

  /// Makes people busy for as long as faults happen, and tasks so short that the workers have time
  /// for all of them, one worker less than there are: a run has about four tasks, each a quarter of
  /// the longest, and half as much again is repeated, hangs, or fails first.
  mutating func pace() {
    let rest = chaosLength * 2 / max(workload.runsPerUser, 1)
    workload.restMax = rest.inWholeMilliseconds
    let slots = max(topology.workers - 1, 1) * topology.slotsPerWorker
    let runs = workload.users * workload.runsPerUser
    let bearable = max(chaosLength * slots * 2 / (runs * 3), .seconds(1))
    tasks.longest = min(tasks.longest, bearable).inWholeMilliseconds
    // One that hangs has its slot until its time is over, about 40 s.
    let hangs = chaosLength.wholeMilliseconds * Int64(slots) / (4 * 40_000)
    tasks.hangsPercent = min(tasks.hangsPercent, Int(hangs) * 100 / (runs * 4))
  }

  /// How far clocks may be ahead because of faults. What waits by a wall clock that is put back in
  /// the end waits so much longer: docs/guarantees.md.
  var clocksAheadMax: Duration {
    faults.reduce(.zero) { sum, event in
      switch event.fault {
      case "clock-step-forward": sum + event.settings.length("step")
      case "clock-skew": sum + event.settings.length("ahead")
      case "clock-drift": sum + event.length / 10
      case "clock-noise": sum + event.settings.length("width")
      default: sum
      }
    }
  }

  var settings: SimulationSettings {
    var settings = SimulationSettings()
    settings.buggifyActivation = .percent(buggifyPercent)
    // Nobody reads them here; their hashes are in the trace.
    settings.telemetryRecordsMax = 1_000
    return settings
  }
}
