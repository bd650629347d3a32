internal import SimulationFakes
internal import SimulationKit

/// Writes to the object store take effect after their clients have given up.
public struct ObjectsLateWrites: Fault {
  public static let card = FaultCard(
    "O3", "objects-late-writes",
    "writes to the object store take effect after their clients have given up",
    [FaultSetting("share", .percent, 1...25)], evidence: ["objects.lost-later"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.unknownLater = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.unknownLater = .never
  }
}
