internal import SimulationFakes
internal import SimulationKit

/// The archive answers some calls and others not.
public struct ArchiveUnavailable: Fault {
  public static let card = FaultCard(
    "M6b", "archive-unavailable", "the archive answers some calls and others not",
    [FaultSetting("share", .percent, 1...25)], evidence: ["archive.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.archive.faults.unavailable = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.archive.faults.unavailable = .never
  }
}
