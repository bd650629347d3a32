internal import SimulationFakes
internal import SimulationKit

/// One store answers some calls and others not.
public struct StoreUnavailable: Fault {
  public static let card = FaultCard(
    "G3e", "store-unavailable", "one store answers some calls and others not",
    [.store, FaultSetting("share", .percent, 1...25)], evidence: ["records.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unavailable = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unavailable = .never
  }
}
