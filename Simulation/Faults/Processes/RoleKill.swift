internal import SimulationFakes
internal import SimulationKit

/// All processes of one role are killed at the same instant.
public struct RoleKill: Fault {
  public static let card = FaultCard(
    "P8a", "role-kill", "all processes of one role are killed at the same instant", [.target])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    for actor in stage.role(settings["target"]) { actor.process.kill() }
  }

  public func heal(on stage: Stage) {
    for actor in stage.role(settings["target"]) { actor.revive() }
  }
}
