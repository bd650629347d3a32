internal import SimulationFakes
internal import SimulationKit

/// Records are lost before they are appended, and nobody knows.
public struct BusLostPublish: Fault {
  public static let card = FaultCard(
    "K2b", "bus-lost-publish", "records are lost before they are appended, and nobody knows",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.publish-lost-before"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.publishLostBefore = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.publishLostBefore = .never
  }
}
