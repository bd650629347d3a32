internal import SimulationFakes
internal import SimulationKit

/// Half of the processes are cut off one after the other, and come back in another order.
public struct Swizzle: Fault {
  public static let card = FaultCard(
    "N8", "swizzle",
    "half of the processes are cut off one after the other, and come back in another order",
    [FaultSetting("spread", .milliseconds, 100...5_000)], evidence: ["network.cut-message"])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    let random = stage.world.stream(named: "swizzle")
    for actor in random.permuted(stage.actors).prefix(stage.actors.count / 2) {
      let wait = random.length(in: .zero...settings.length("spread"))
      ongoing.schedule(on: stage.world, after: wait) {
        stage.network.isolate(actor.process)
      }
    }
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    stage.network.heal()
  }
}
