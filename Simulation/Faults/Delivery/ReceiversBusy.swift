internal import SimulationFakes
internal import SimulationKit

/// Receivers ask for patience.
public struct ReceiversBusy: Fault {
  public static let card = FaultCard(
    "W6", "receivers-busy", "receivers ask for patience",
    [
      FaultSetting("share", .percent, 10...90),
      FaultSetting("wait", .milliseconds, 1_000...120_000),
    ], evidence: ["delivery.busy"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.webhooks.faults.busy = settings.chance("share")
    stage.mailer.faults.busy = settings.chance("share")
    stage.webhooks.faults.retryAfter = .seconds(1)...settings.length("wait")
    stage.mailer.faults.retryAfter = .seconds(1)...settings.length("wait")
  }

  public func heal(on stage: Stage) {
    stage.webhooks.faults.busy = .never
    stage.mailer.faults.busy = .never
    stage.webhooks.faults.retryAfter = nil
    stage.mailer.faults.retryAfter = nil
  }
}
