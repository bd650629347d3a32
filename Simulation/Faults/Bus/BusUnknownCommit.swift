internal import SimulationFakes
internal import SimulationKit

/// Commits of groups are taken, and nobody knows.
public struct BusUnknownCommit: Fault {
  public static let card = FaultCard(
    "K8b", "bus-unknown-commit", "commits of groups are taken, and nobody knows",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.commit-lost-after"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.commitLostAfter = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.commitLostAfter = .never
  }
}
