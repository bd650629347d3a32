internal import SimulationFakes
internal import SimulationKit

/// A process hears nobody, and everybody hears it.
public struct DeafProcess: Fault {
  public static let card = FaultCard(
    "N6b", "deaf-process", "a process hears nobody, and everybody hears it", [.target],
    evidence: ["network.cut-message"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let actor = stage.actor(settings["target"]) else { return }
    for other in stage.actors where other.process.name != actor.process.name {
      stage.network.cut(from: other.process, to: actor.process)
    }
  }

  public func heal(on stage: Stage) {
    stage.network.heal()
  }
}
