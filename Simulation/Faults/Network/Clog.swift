internal import SimulationFakes
internal import SimulationKit

/// Nothing arrives for a while, and then all at once.
public struct Clog: Fault {
  public static let card = FaultCard(
    "N7", "clog", "nothing arrives for a while, and then all at once",
    [FaultSetting("length", .milliseconds, 200...5_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.latency = settings.length("length")...settings.length("length")
  }

  public func heal(on stage: Stage) {
    stage.network.faults.latency = NetworkFaults.slow.latency
  }
}
