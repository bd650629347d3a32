internal import SimulationFakes
internal import SimulationKit

/// Half of all processes are killed in any order, and come back in another.
public struct ScatteredKill: Fault {
  public static let card = FaultCard(
    "P8b", "scattered-kill",
    "half of all processes are killed in any order, and come back in another",
    [FaultSetting("spread", .milliseconds, 10...3_000)])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    let random = stage.world.stream(named: "scattered kill")
    for actor in random.permuted(stage.actors).prefix(stage.actors.count / 2) {
      let wait = random.length(in: .zero...settings.length("spread"))
      ongoing.schedule(on: stage.world, after: wait) {
        actor.process.kill()
      }
    }
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    let random = stage.world.stream(named: "scattered kill")
    for actor in stage.actors {
      stage.world.schedule(after: random.length(in: .zero...settings.length("spread"))) {
        actor.revive()
      }
    }
  }
}
