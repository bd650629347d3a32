internal import SimulationFakes
internal import SimulationKit

/// The bus answers slowly.
public struct BusSlow: Fault {
  public static let card = FaultCard(
    "K15b", "bus-slow", "the bus answers slowly", [FaultSetting("latency", .milliseconds, 5...800)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.requestLatency = .zero...settings.length("latency")
    stage.bus.faults.answerLatency = .zero...settings.length("latency")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.requestLatency = BusFaults.slow.requestLatency
    stage.bus.faults.answerLatency = BusFaults.slow.answerLatency
  }
}
