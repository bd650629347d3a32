internal import SimulationFakes
internal import SimulationKit

/// Writes to the archive are lost, and nobody knows.
public struct ArchiveLostWrites: Fault {
  public static let card = FaultCard(
    "M1", "archive-lost-writes", "writes to the archive are lost, and nobody knows",
    [FaultSetting("share", .percent, 1...25)], evidence: ["archive.lost-before"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.archive.faults.lostBefore = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.archive.faults.lostBefore = .never
  }
}
