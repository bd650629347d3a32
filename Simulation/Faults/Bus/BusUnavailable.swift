internal import SimulationFakes
internal import SimulationKit

/// The bus answers some calls and others not.
public struct BusUnavailable: Fault {
  public static let card = FaultCard(
    "K14b", "bus-unavailable", "the bus answers some calls and others not",
    [FaultSetting("share", .percent, 1...25)], evidence: ["bus.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.unavailable = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.unavailable = .never
  }
}
