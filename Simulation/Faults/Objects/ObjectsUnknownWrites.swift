internal import SimulationFakes
internal import SimulationKit

/// Writes to the object store take effect, and nobody knows.
public struct ObjectsUnknownWrites: Fault {
  public static let card = FaultCard(
    "O2", "objects-unknown-writes", "writes to the object store take effect, and nobody knows",
    [FaultSetting("share", .percent, 1...25)], evidence: ["objects.lost-after"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.unknownApplied = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.unknownApplied = .never
  }
}
