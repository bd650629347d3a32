internal import SimulationFakes
internal import SimulationKit

/// Nothing that a process sends arrives, and it hears everybody.
public struct OneWayCut: Fault {
  public static let card = FaultCard(
    "N6", "one-way-cut", "nothing that a process sends arrives, and it hears everybody", [.target],
    evidence: ["network.cut-message"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let actor = stage.actor(settings["target"]) else { return }
    for other in stage.actors where other.process.name != actor.process.name {
      stage.network.cut(from: actor.process, to: other.process)
    }
  }

  public func heal(on stage: Stage) {
    stage.network.heal()
  }
}
