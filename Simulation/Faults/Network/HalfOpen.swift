internal import SimulationFakes
internal import SimulationKit

/// Callers are not told that their server has died.
public struct HalfOpen: Fault {
  public static let card = FaultCard(
    "N9b", "half-open", "callers are not told that their server has died", [],
    evidence: ["network.half-open"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.halfOpen = .always
  }

  public func heal(on stage: Stage) {
    stage.network.faults.halfOpen = .never
  }
}
