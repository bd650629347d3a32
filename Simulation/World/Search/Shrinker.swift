internal import Domain
internal import SimulationFaults

/// Looks for the smallest world that fails in the same way: fewer faults first, then fewer people,
/// fewer processes, less time.
///
/// Source for the faults: Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input",
/// IEEE TSE 2002.
public struct Shrinker {
  public let seed: UInt64
  public let signature: String
  /// Whether there is time for another world.
  let mayGoOn: () -> Bool
  /// Told of every world that was tried.
  let report: (_ plan: WorldPlan, _ fails: Bool) -> Void
  /// Worlds that were tried.
  public private(set) var tried = 0

  public init(
    seed: UInt64, signature: String, mayGoOn: @escaping () -> Bool,
    report: @escaping (_ plan: WorldPlan, _ fails: Bool) -> Void = { _, _ in }
  ) {
    self.seed = seed
    self.signature = signature
    self.mayGoOn = mayGoOn
    self.report = report
  }

  /// - Parameter plan: a world that fails with the signature.
  public mutating func shrink(_ plan: WorldPlan) -> WorldPlan {
    var best = plan
    best.faults = shrinkFaults(best)
    for change in Shrinker.changes {
      var other = best
      change(&other)
      if other != best, fails(other) { best = other }
    }
    best.faults = shrinkFaults(best)
    for place in best.faults.indices { simplify(&best, place) }
    return best
  }

  private static let changes: [@Sendable (inout WorldPlan) -> Void] = [
    { $0.buggifyPercent = 0 },
    { $0.habits = .calm },
    { $0.lostWorkers = 0 },
    { $0.lostSchedulers = 0 },
    { $0.topology.workers = 1 },
    { $0.topology.workers = min($0.topology.workers, 2) },
    { $0.topology.schedulers = 1 },
    { $0.topology.schedulers = min($0.topology.schedulers, 2) },
    { $0.workload.users = 1 },
    { $0.workload.users = min($0.workload.users, 2) },
    { $0.workload.workflows = 1 },
    { $0.workload.runsPerUser = 1 },
    { $0.workload.runsPerUser /= 2 },
    { $0.tasks.failsPercent = 0 },
    { $0.tasks.vanishesPercent = 0 },
    { $0.tasks.hangsPercent = 0 },
    { $0.tasks.linesMax = 0 },
    { plan in
      let last = plan.faults.map { $0.at + $0.length }.max() ?? .zero
      plan.chaosLength = min(plan.chaosLength, last + .seconds(60))
    },
  ]

  private mutating func fails(_ plan: WorldPlan) -> Bool {
    guard plan.impossibility == nil, mayGoOn() else { return false }
    tried += 1
    let fails = WorldRun(seed: seed, plan).run().signature == signature
    report(plan, fails)
    return fails
  }

  /// Leaves out as many faults as possible, first in large parts.
  private mutating func shrinkFaults(_ plan: WorldPlan) -> [FaultEvent] {
    var events = plan.faults
    var parts = 2
    while !events.isEmpty, mayGoOn() {
      let size = (events.count + parts - 1) / parts
      var isSmaller = false
      for start in stride(from: 0, to: events.count, by: size) {
        var other = plan
        other.faults = Array(events[..<start] + events[min(start + size, events.count)...])
        guard fails(other) else { continue }
        events = other.faults
        isSmaller = true
        break
      }
      if isSmaller {
        parts = max(parts - 1, 2)
      } else if size == 1 {
        break
      } else {
        parts = min(parts * 2, events.count)
      }
    }
    return events
  }

  /// A shorter length and rounder times.
  private mutating func simplify(_ plan: inout WorldPlan, _ place: Int) {
    let changes: [(inout FaultEvent) -> Void] = [
      { $0.length = $0.length / 4 },
      { $0.length = .seconds($0.length.wholeMicroseconds / 1_000_000) },
      { $0.at = .seconds($0.at.wholeMicroseconds / 1_000_000) },
    ]
    for change in changes {
      var other = plan
      change(&other.faults[place])
      if other != plan, fails(other) { plan = other }
    }
  }
}
