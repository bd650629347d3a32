internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import SimulationFakes
internal import SimulationFaults
internal import SimulationKit
internal import SimulationOracles
internal import Synchronization

/// One world from its beginning to its verdict: the platform starts, people use it while things
/// break, everything heals and must come to its end.
public struct WorldRun: Sendable {
  public let seed: UInt64
  public let plan: WorldPlan
  /// Told of everything that happens, for a log.
  public var chronicle: Chronicle?
  /// Breaks in the end, to see that somebody notices.
  public var isCanary = false

  public init(seed: UInt64, _ plan: WorldPlan) {
    self.seed = seed
    self.plan = plan
  }

  /// Runs it on the calling thread; no real time passes but that of the processor.
  public func run() -> Verdict {
    let judge = Judge()
    let ending = Mutex(Ending())
    var failure: SimulationError?
    do throws(SimulationError) {
      try Simulation.run(seed: seed, settings: plan.settings) { [plan, chronicle, isCanary] world in
        let random = world.stream(named: "tasks")
        let own = plan.user.map { UserTasks($0, random) }
        let times = RunTimes()
        let platform = try Platform(
          world, plan.topology, habits: plan.habits, pools: plan.user?.definition?.pools ?? [],
          scanner: NoScanner()
        ) { order in
          own?.script(order) ?? plan.tasks.script(order, random)
        }
        let conductor = Conductor(platform.stage, chronicle)
        world.onClose {
          ending.withLock { ending in
            ending = Ending(platform, conductor)
            if let own { ending.study = Study(platform, own, times) }
          }
        }
        platform.setOrdinary()
        let watch = Watch(
          platform, judge, conductor, times: own == nil ? nil : times, chronicle)
        platform.start()
        let people = People(
          platform: platform, watch: watch, workload: plan.workload, own: plan.user)
        let workflows = await people.prepare()
        people.begin(workflows)
        conductor.conduct(plan.faults)
        try await world.here.time.sleep(for: plan.chaosLength)
        conductor.healAll(but: platform.lost(plan))
        watch.see(.healed)
        let rest = Rest(platform: platform, people: people)
        guard await rest.come(within: plan.restWithin + plan.clocksAheadMax) else { return }
        rest.tellHistory()
        rest.tellObjects()
        if let violation = judge.close(at: world.elapsed).first {
          world.fail(violation.description)
        }
        if let twice = own?.firstTwice(platform) { world.fail("effect-once: \(twice)") }
        if isCanary { world.fail("canary: this world was made to fail") }
      }
    } catch {
      failure = error
    }
    let verdict = ending.withLock { ending in
      Verdict(
        seed: seed, failure: failure, violations: judge.violations, trace: ending.trace,
        length: ending.length, facts: judge.facts, looks: judge.looks, attempts: ending.attempts,
        runs: ending.runs, struck: ending.struck, marks: ending.marks, reach: ending.reach,
        study: ending.study)
    }
    ending.withLock { $0.world }?.forget()
    judge.forget()
    return verdict
  }
}

/// What is left of a world when it is over.
private struct Ending: Sendable {
  var world: SimulatedWorld?
  var trace = TraceHash()
  var length = Duration.zero
  var attempts = 0
  var runs = 0
  var struck: SortedMap<String, Int> = [:]
  var marks: SortedMap<String, Int> = [:]
  var reach = Reach()
  var study: Study?

  init() {}

  init(_ platform: Platform, _ conductor: Conductor) {
    world = platform.world
    trace = platform.world.trace.hash
    length = platform.world.elapsed
    attempts = platform.executor.records.count
    runs = platform.stores.scheduler.rows("scheduler_run").count
    struck = conductor.struck
    marks = platform.world.probes.reached
    for (landmark, count) in conductor.passed { marks[landmark.rawValue] = count }
    reach = conductor.reach
  }
}

/// The workload sends JSON, which needs no scanner.
struct NoScanner: DocumentScanner {
  func scan(_ bytes: [UInt8]) throws(Finding) -> [DocumentEvent] { [] }
}
