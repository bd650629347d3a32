internal import SimulationFakes
internal import SimulationKit

/// Commits of one store take effect, and nobody knows.
public struct StoreUnknownCommits: Fault {
  public static let card = FaultCard(
    "G3b", "store-unknown-commits", "commits of one store take effect, and nobody knows",
    [.store, FaultSetting("share", .percent, 1...25)], evidence: ["records.lost-after"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unknownApplied = settings.chance("share")
    store.faults.lostAnswerLatency = .zero...(.seconds(2))
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unknownApplied = .never
  }
}
