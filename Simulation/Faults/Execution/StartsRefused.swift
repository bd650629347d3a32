internal import SimulationFakes
internal import SimulationKit

/// No work can be started on any worker.
public struct StartsRefused: Fault {
  public static let card = FaultCard(
    "X1", "starts-refused", "no work can be started on any worker",
    [FaultSetting("share", .percent, 5...60)], evidence: ["executor.unavailable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.executor.faults.unavailable = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.executor.faults.unavailable = .never
  }
}
