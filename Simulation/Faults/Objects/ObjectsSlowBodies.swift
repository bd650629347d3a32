internal import SimulationFakes
internal import SimulationKit

/// Bodies of objects come slowly.
public struct ObjectsSlowBodies: Fault {
  public static let card = FaultCard(
    "O7b", "objects-slow-bodies", "bodies of objects come slowly",
    [FaultSetting("share", .percent, 1...25), FaultSetting("latency", .milliseconds, 50...8_000)],
    evidence: ["objects.slow-body"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.objects.faults.slowBody = settings.chance("share")
    stage.objects.faults.slowBodyLatency = .zero...settings.length("latency")
  }

  public func heal(on stage: Stage) {
    stage.objects.faults.slowBody = .never
  }
}
