internal import SimulationFakes
internal import SimulationKit

/// Writes to the archive take effect, and nobody knows.
public struct ArchiveUnknownWrites: Fault {
  public static let card = FaultCard(
    "M2", "archive-unknown-writes", "writes to the archive take effect, and nobody knows",
    [FaultSetting("share", .percent, 1...25)], evidence: ["archive.lost-after"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.archive.faults.lostAfter = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.archive.faults.lostAfter = .never
  }
}
