internal import SimulationFakes
internal import SimulationKit

/// Commits of one store are lost, and nobody knows.
public struct StoreLostCommits: Fault {
  public static let card = FaultCard(
    "G3a", "store-lost-commits", "commits of one store are lost, and nobody knows",
    [.store, FaultSetting("share", .percent, 1...25)], evidence: ["records.lost-before"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unknownNotApplied = settings.chance("share")
    store.faults.lostAnswerLatency = .zero...(.seconds(2))
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unknownNotApplied = .never
  }
}
