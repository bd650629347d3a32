internal import SimulationFakes
internal import SimulationKit

/// Commits of one store take effect long after their clients were told that nobody knows.
public struct StoreLateCommits: Fault {
  public static let card = FaultCard(
    "G3c", "store-late-commits",
    "commits of one store take effect long after their clients were told that nobody knows",
    [.store, FaultSetting("share", .percent, 1...25)], evidence: ["records.in-doubt"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unknownLater = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.unknownLater = .never
  }
}
