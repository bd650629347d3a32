internal import SimulationFakes
internal import SimulationKit

/// Work takes long to start.
public struct StartsSlow: Fault {
  public static let card = FaultCard(
    "X2", "starts-slow", "work takes long to start",
    [FaultSetting("latency", .milliseconds, 100...8_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.executor.faults.startLatency = .zero...settings.length("latency")
  }

  public func heal(on stage: Stage) {
    stage.executor.faults.startLatency = .zero...(.zero)
  }
}
