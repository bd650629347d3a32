internal import SimulationFakes
internal import SimulationKit

/// No connection is made.
public struct Refusals: Fault {
  public static let card = FaultCard(
    "N13", "refused-connections", "no connection is made",
    [FaultSetting("share", .percent, 5...60)], evidence: ["network.refused"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.refused = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.network.faults.refused = .never
  }
}
