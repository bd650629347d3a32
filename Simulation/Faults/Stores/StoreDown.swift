internal import SimulationFakes
internal import SimulationKit

/// One store answers nobody.
public struct StoreDown: Fault {
  public static let card = FaultCard(
    "G3d", "store-down", "one store answers nobody", [.store], evidence: ["records.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.isDown = true
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.isDown = false
  }
}
