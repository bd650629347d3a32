internal import SimulationFakes
internal import SimulationKit

/// Writes to the object store are lost, and nobody knows.
public struct ObjectsLostWrites: Fault {
  public static let card = FaultCard(
    "O1c", "objects-lost-writes", "writes to the object store are lost, and nobody knows",
    [FaultSetting("share", .percent, 1...25)], evidence: ["objects.lost-before"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.unknownNotApplied = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.unknownNotApplied = .never
  }
}
