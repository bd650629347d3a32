internal import SimulationFakes
internal import SimulationKit

/// The wall clock of a process stands still and then jumps to the right time.
public struct ClockFreeze: Fault {
  public static let card = FaultCard(
    "C5", "clock-freeze",
    "the wall clock of a process stands still and then jumps to the right time", [.target])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let process = stage.actor(settings["target"])?.process else { return }
    for turn in 1...40 {
      ongoing.schedule(on: stage.world, after: .milliseconds(250) * turn) {
        process.wallOffset = process.wallOffset - .milliseconds(250)
      }
    }
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    stage.actor(settings["target"])?.process.wallOffset = .zero
  }
}
