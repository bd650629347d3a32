internal import SimulationFakes
internal import SimulationKit

/// The processes fall into two halves that do not hear each other.
public struct Partition: Fault {
  public static let card = FaultCard(
    "N5b", "partition", "the processes fall into two halves that do not hear each other", [],
    evidence: ["network.cut-message"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    let random = stage.world.stream(named: "partition")
    let sides = random.permuted(stage.actors)
    stage.separate(sides.prefix(sides.count / 2), from: sides.dropFirst(sides.count / 2))
  }

  public func heal(on stage: Stage) {
    stage.network.heal()
  }
}
