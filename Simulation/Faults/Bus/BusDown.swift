internal import SimulationFakes
internal import SimulationKit

/// The bus answers nobody.
public struct BusDown: Fault {
  public static let card = FaultCard(
    "K14a", "bus-down", "the bus answers nobody", [], evidence: ["bus.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.isDown = true
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.isDown = false
  }
}
