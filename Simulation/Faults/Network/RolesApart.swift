internal import SimulationFakes
internal import SimulationKit

/// All processes of one role are cut off from all others.
public struct RolesApart: Fault {
  public static let card = FaultCard(
    "N5c", "roles-apart", "all processes of one role are cut off from all others", [.target],
    evidence: ["network.cut-message"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    let inside = stage.role(settings["target"])
    stage.separate(inside, from: stage.actors.filter { $0.role != inside.first?.role })
  }

  public func heal(on stage: Stage) {
    stage.network.heal()
  }
}
