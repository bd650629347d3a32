internal import SimulationFakes
internal import SimulationKit

/// A process is cut off from all others, both ways.
public struct Isolation: Fault {
  public static let card = FaultCard(
    "N5a", "isolation", "a process is cut off from all others, both ways", [.target],
    evidence: ["network.cut-message"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let actor = stage.actor(settings["target"]) else { return }
    stage.network.isolate(actor.process)
  }

  public func heal(on stage: Stage) {
    stage.network.heal()
  }
}
