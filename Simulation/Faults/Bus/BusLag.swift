internal import SimulationFakes
internal import SimulationKit

/// Records are seen long after they were appended.
public struct BusLag: Fault {
  public static let card = FaultCard(
    "K15", "bus-lag", "records are seen long after they were appended",
    [FaultSetting("lag", .milliseconds, 50...5_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.bus.faults.visibilityDelay = .zero...settings.length("lag")
  }

  public func heal(on stage: Stage) {
    stage.bus.faults.visibilityDelay = BusFaults.slow.visibilityDelay
  }
}
