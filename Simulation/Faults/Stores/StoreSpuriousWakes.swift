internal import SimulationFakes
internal import SimulationKit

/// Waits for the outbox of one store end for no reason.
public struct StoreSpuriousWakes: Fault {
  public static let card = FaultCard(
    "G10", "store-spurious-wakes", "waits for the outbox of one store end for no reason",
    [.store, FaultSetting("share", .percent, 10...60)], evidence: ["records.spurious-wake"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.spuriousWakes = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.spuriousWakes = .never
  }
}
