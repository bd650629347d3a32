internal import SimulationFakes
internal import SimulationKit

/// The wall clock of a process jumps ahead, and back in the end.
public struct ClockStepForward: Fault {
  public static let card = FaultCard(
    "C3a", "clock-step-forward", "the wall clock of a process jumps ahead, and back in the end",
    [.target, FaultSetting("step", .milliseconds, 1_000...3_600_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.actor(settings["target"])?.process.wallOffset += settings.length("step")
  }

  public func heal(on stage: Stage) {
    stage.actor(settings["target"])?.process.wallOffset = .zero
  }
}
