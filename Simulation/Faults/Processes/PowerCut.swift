internal import SimulationFakes
internal import SimulationKit

/// Every process is killed at the same instant.
public struct PowerCut: Fault {
  public static let card = FaultCard(
    "P8c", "power-cut", "every process is killed at the same instant", [])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    for actor in stage.actors { actor.process.kill() }
  }

  public func heal(on stage: Stage) {
    for actor in stage.actors { actor.revive() }
  }
}
