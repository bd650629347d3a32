internal import SimulationFakes
internal import SimulationKit

/// Polls begin again at what the group has committed.
public struct BusRedelivery: Fault {
  public static let card = FaultCard(
    "K1", "bus-redelivery", "polls begin again at what the group has committed",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.redelivered"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.redelivery = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.redelivery = .never
  }
}
