internal import SimulationFakes
internal import SimulationKit

/// The wall clock of a process is wrong by the same length all the time.
public struct ClockSkew: Fault {
  public static let card = FaultCard(
    "C1", "clock-skew", "the wall clock of a process is wrong by the same length all the time",
    [.target, FaultSetting("ahead", .milliseconds, 0...120_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.actor(settings["target"])?.process.wallOffset = settings.length("ahead") - .seconds(60)
  }

  public func heal(on stage: Stage) {
    stage.actor(settings["target"])?.process.wallOffset = .zero
  }
}
