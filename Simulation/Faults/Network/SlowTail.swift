internal import SimulationFakes
internal import SimulationKit

/// A few messages take very long.
public struct SlowTail: Fault {
  public static let card = FaultCard(
    "N1b", "slow-tail", "a few messages take very long", [FaultSetting("share", .percent, 1...10)],
    evidence: ["network.slow"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.slow = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.network.faults.slow = .never
  }
}
