internal import SimulationFakes
internal import SimulationKit

/// The wall clock of a process goes too fast or too slow.
public struct ClockDrift: Fault {
  public static let card = FaultCard(
    "C2", "clock-drift", "the wall clock of a process goes too fast or too slow",
    [.target, FaultSetting("perSecond", .milliseconds, 0...100)])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let process = stage.actor(settings["target"])?.process else { return }
    let drift = settings.length("perSecond") - .milliseconds(50)
    for second in 1...60 {
      ongoing.schedule(on: stage.world, after: .seconds(second)) { process.wallOffset += drift }
    }
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    stage.actor(settings["target"])?.process.wallOffset = .zero
  }
}
