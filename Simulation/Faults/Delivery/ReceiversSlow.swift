internal import SimulationFakes
internal import SimulationKit

/// Receivers answer slowly.
public struct ReceiversSlow: Fault {
  public static let card = FaultCard(
    "W7", "receivers-slow", "receivers answer slowly",
    [FaultSetting("latency", .milliseconds, 100...14_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.webhooks.faults.latency = .zero...settings.length("latency")
    stage.mailer.faults.latency = .zero...settings.length("latency")
  }

  public func heal(on stage: Stage) {
    stage.webhooks.faults.latency = .zero...(.zero)
    stage.mailer.faults.latency = .zero...(.zero)
  }
}
