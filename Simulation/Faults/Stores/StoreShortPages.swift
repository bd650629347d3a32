internal import SimulationFakes
internal import SimulationKit

/// Pages of one store end early, and others commit in between.
public struct StoreShortPages: Fault {
  public static let card = FaultCard(
    "G4", "store-short-pages", "pages of one store end early, and others commit in between",
    [.store, FaultSetting("share", .percent, 10...90)], evidence: ["records.short-page"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.shortPages = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.shortPages = .never
  }
}
