internal import SimulationFakes
internal import SimulationKit

/// All processes are asked to stop and started again, one after the other.
public struct RollingRestart: Fault {
  public static let card = FaultCard(
    "P7", "rolling-restart",
    "all processes are asked to stop and started again, one after the other",
    [FaultSetting("between", .milliseconds, 500...5_000)])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    for (place, actor) in stage.actors.enumerated() {
      let begin = settings.length("between") * place
      ongoing.schedule(on: stage.world, after: begin) { actor.stop() }
      ongoing.schedule(on: stage.world, after: begin + .milliseconds(400)) { actor.start() }
    }
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    for actor in stage.actors { actor.revive() }
  }
}
