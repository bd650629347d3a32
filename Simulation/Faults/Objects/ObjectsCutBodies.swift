internal import SimulationFakes
internal import SimulationKit

/// Bodies of objects end before their time.
public struct ObjectsCutBodies: Fault {
  public static let card = FaultCard(
    "O7a", "objects-cut-bodies", "bodies of objects end before their time",
    [FaultSetting("share", .percent, 1...25)], evidence: ["objects.cut-body"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.cutBody = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.cutBody = .never
  }
}
