internal import SimulationFakes
internal import SimulationKit

/// The archive answers slowly.
public struct ArchiveSlow: Fault {
  public static let card = FaultCard(
    "M12", "archive-slow", "the archive answers slowly",
    [FaultSetting("latency", .milliseconds, 5...800)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.archive.faults.latency = .zero...settings.length("latency")
  }

  public func heal(on stage: Stage) {
    stage.archive.faults.latency = ArchiveFaults.slow.latency
  }
}
