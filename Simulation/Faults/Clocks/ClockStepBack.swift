internal import SimulationFakes
internal import SimulationKit

/// The wall clock of a process jumps back, and ahead in the end.
public struct ClockStepBack: Fault {
  public static let card = FaultCard(
    "C3b", "clock-step-back", "the wall clock of a process jumps back, and ahead in the end",
    [.target, FaultSetting("step", .milliseconds, 1_000...3_600_000)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let process = stage.actor(settings["target"])?.process else { return }
    process.wallOffset = process.wallOffset - settings.length("step")
  }

  public func heal(on stage: Stage) {
    stage.actor(settings["target"])?.process.wallOffset = .zero
  }
}
