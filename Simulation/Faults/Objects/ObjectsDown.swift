internal import SimulationFakes
internal import SimulationKit

/// The object store answers nobody.
public struct ObjectsDown: Fault {
  public static let card = FaultCard(
    "O1a", "objects-down", "the object store answers nobody", [], evidence: ["objects.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.isDown = true
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.isDown = false
  }
}
