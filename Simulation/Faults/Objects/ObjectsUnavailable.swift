internal import SimulationFakes
internal import SimulationKit

/// The object store answers some calls and others not.
public struct ObjectsUnavailable: Fault {
  public static let card = FaultCard(
    "O1b", "objects-unavailable", "the object store answers some calls and others not",
    [FaultSetting("share", .percent, 1...25)], evidence: ["objects.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.unavailable = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.unavailable = .never
  }
}
