internal import SimulationFakes
internal import SimulationKit

/// Bytes of a range arrive damaged.
public struct ObjectsDamage: Fault {
  public static let card = FaultCard(
    "O4", "objects-damage", "bytes of a range arrive damaged",
    [FaultSetting("share", .percent, 1...8)], evidence: ["objects.damaged-range"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.damagedRange = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.damagedRange = .never
  }
}
