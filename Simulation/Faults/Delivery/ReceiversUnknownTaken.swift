internal import SimulationFakes
internal import SimulationKit

/// Receivers take messages, and their answers are lost.
public struct ReceiversUnknownTaken: Fault {
  public static let card = FaultCard(
    "W1a", "receivers-unknown-taken", "receivers take messages, and their answers are lost",
    [FaultSetting("share", .percent, 5...60)], evidence: ["delivery.unknown-taken"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.webhooks.faults.unknownTaken = settings.chance("share")
    stage.mailer.faults.unknownTaken = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.webhooks.faults.unknownTaken = .never
    stage.mailer.faults.unknownTaken = .never
  }
}
