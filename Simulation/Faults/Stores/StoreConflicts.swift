internal import SimulationFakes
internal import SimulationKit

/// Commits of one store meet conflicts though nothing has changed.
public struct StoreConflicts: Fault {
  public static let card = FaultCard(
    "G1", "store-conflicts", "commits of one store meet conflicts though nothing has changed",
    [.store, FaultSetting("share", .percent, 1...25)], evidence: ["records.spurious-conflict"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.conflict = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.conflict = .never
  }
}
