internal import SimulationFakes
internal import SimulationKit

/// Requests are lost on their way.
public struct LostRequests: Fault {
  public static let card = FaultCard(
    "N2a", "lost-requests", "requests are lost on their way",
    [FaultSetting("share", .percent, 1...30)], evidence: ["network.request-lost"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.requestLost = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.network.faults.requestLost = .never
  }
}
