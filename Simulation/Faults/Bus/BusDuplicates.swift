internal import SimulationFakes
internal import SimulationKit

/// Publishers do not learn that their records were taken, and send them again.
public struct BusDuplicates: Fault {
  public static let card = FaultCard(
    "K2a", "bus-duplicates",
    "publishers do not learn that their records were taken, and send them again",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.publish-lost-after"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.publishLostAfter = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.publishLostAfter = .never
  }
}
