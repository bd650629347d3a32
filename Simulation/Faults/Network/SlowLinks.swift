internal import SimulationFakes
internal import SimulationKit

/// Every message takes longer.
public struct SlowLinks: Fault {
  public static let card = FaultCard(
    "N1a", "slow-links", "every message takes longer",
    [FaultSetting("latency", .milliseconds, 5...400)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.latency = .microseconds(50)...settings.length("latency")
  }

  public func heal(on stage: Stage) {
    stage.network.faults.latency = NetworkFaults.slow.latency
  }
}
