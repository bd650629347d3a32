internal import SimulationFakes
internal import SimulationKit

/// Members are put out of their groups while they work.
public struct BusFencing: Fault {
  public static let card = FaultCard(
    "K6", "bus-fencing", "members are put out of their groups while they work",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.fenced"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.fencing = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.fencing = .never
  }
}
