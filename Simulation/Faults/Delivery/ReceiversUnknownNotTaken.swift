internal import SimulationFakes
internal import SimulationKit

/// Messages are lost before they are taken, and nobody knows.
public struct ReceiversUnknownNotTaken: Fault {
  public static let card = FaultCard(
    "W1b", "receivers-unknown-not-taken",
    "messages are lost before they are taken, and nobody knows",
    [FaultSetting("share", .percent, 5...60)], evidence: ["delivery.unknown-not-taken"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.webhooks.faults.unknownNotTaken = settings.chance("share")
    stage.mailer.faults.unknownNotTaken = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.webhooks.faults.unknownNotTaken = .never
    stage.mailer.faults.unknownNotTaken = .never
  }
}
