internal import SimulationFakes
internal import SimulationKit

/// Receivers are not there.
public struct ReceiversUnreachable: Fault {
  public static let card = FaultCard(
    "W4", "receivers-unreachable", "receivers are not there",
    [FaultSetting("share", .percent, 10...100)], evidence: ["delivery.unreachable"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.webhooks.faults.unreachable = settings.chance("share")
    stage.mailer.faults.unreachable = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.webhooks.faults.unreachable = .never
    stage.mailer.faults.unreachable = .never
  }
}
