internal import SimulationFakes
internal import SimulationKit

/// Pages of the archive hold less than they could.
public struct ArchiveShortPages: Fault {
  public static let card = FaultCard(
    "M8", "archive-short-pages", "pages of the archive hold less than they could",
    [FaultSetting("share", .percent, 10...90)], evidence: ["archive.short-page"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.archive.faults.shortens = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.archive.faults.shortens = .never
  }
}
