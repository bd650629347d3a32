internal import SimulationFakes
internal import SimulationKit

/// Only the first records of a batch are appended, and nobody knows which.
public struct BusHalfPublish: Fault {
  public static let card = FaultCard(
    "K3", "bus-half-publish",
    "only the first records of a batch are appended, and nobody knows which",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.publish-lost-halfway"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.publishLostHalfway = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.publishLostHalfway = .never
  }
}
