internal import SimulationFakes
internal import SimulationKit

/// One store answers slowly.
public struct StoreSlow: Fault {
  public static let card = FaultCard(
    "G12", "store-slow", "one store answers slowly",
    [.store, FaultSetting("latency", .milliseconds, 5...800)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.requestLatency = .zero...settings.length("latency")
    store.faults.answerLatency = .zero...settings.length("latency")
  }

  public func heal(on stage: Stage) {
    guard let store = stage.store(settings["target"]) else { return }
    store.faults.requestLatency = RecordStoreFaults.slow.requestLatency
    store.faults.answerLatency = RecordStoreFaults.slow.answerLatency
  }
}
