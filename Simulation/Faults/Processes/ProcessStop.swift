internal import SimulationFakes
internal import SimulationKit

/// A process is asked to stop, and killed when it takes too long.
public struct ProcessStop: Fault {
  public static let card = FaultCard(
    "P6", "process-stop", "a process is asked to stop, and killed when it takes too long",
    [.target, FaultSetting("grace", .milliseconds, 100...20_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let actor = stage.actor(settings["target"]) else { return }
    let life = actor.process.incarnation?.number
    actor.stop()
    stage.world.schedule(after: settings.length("grace")) {
      // Another life is another process.
      guard actor.process.incarnation?.number == life else { return }
      actor.process.kill()
    }
  }

  public func heal(on stage: Stage) {
    guard let actor = stage.actor(settings["target"]) else { return }
    actor.start()
  }
}
