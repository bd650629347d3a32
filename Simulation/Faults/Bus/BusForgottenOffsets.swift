internal import SimulationFakes
internal import SimulationKit

/// A group forgets what it has committed: everything comes again.
public struct BusForgottenOffsets: Fault {
  public static let card = FaultCard(
    "K8c", "bus-forgotten-offsets", "a group forgets what it has committed: everything comes again",
    [.target], evidence: ["bus.offsets-forgotten"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    let groups = stage.bus.groups
    guard !groups.isEmpty else { return }
    stage.bus.forgetOffsets(of: groups[settings["target"] % groups.count])
  }
}
