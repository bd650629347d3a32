internal import SimulationFakes
internal import SimulationKit

/// Commits of groups are lost, and nobody knows.
public struct BusLostCommit: Fault {
  public static let card = FaultCard(
    "K8a", "bus-lost-commit", "commits of groups are lost, and nobody knows",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.commit-lost-before"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.commitLostBefore = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.commitLostBefore = .never
  }
}
