internal import SimulationFakes
internal import SimulationKit

/// All processes are asked to stop and started again, one after the other.
public struct RollingRestart: Fault {
  public static let card = FaultCard(
    "P7", "rolling-restart",
    "all processes are asked to stop and started again, one after the other",
    [FaultSetting("between", .milliseconds, 500...5_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    for (place, actor) in stage.actors.enumerated() {
      let begin = settings.length("between") * place
      stage.world.schedule(after: begin) { actor.stop() }
      stage.world.schedule(after: begin + .milliseconds(400)) { actor.start() }
    }
  }
}
