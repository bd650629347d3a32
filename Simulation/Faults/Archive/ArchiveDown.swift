internal import SimulationFakes
internal import SimulationKit

/// The archive answers nobody.
public struct ArchiveDown: Fault {
  public static let card = FaultCard(
    "M6", "archive-down", "the archive answers nobody", [], evidence: ["archive.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.archive.faults.isDown = true
  }

  public func heal(on stage: Stage) {
    stage.archive.faults.isDown = false
  }
}
