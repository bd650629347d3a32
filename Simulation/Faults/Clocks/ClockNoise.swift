internal import SimulationFakes
internal import SimulationKit

/// The wall clock of a process jumps about.
public struct ClockNoise: Fault {
  public static let card = FaultCard(
    "C4", "clock-noise", "the wall clock of a process jumps about",
    [.target, FaultSetting("width", .milliseconds, 10...5_000)])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let process = stage.actor(settings["target"])?.process else { return }
    let random = stage.world.stream(named: "clock noise")
    for turn in 0..<40 {
      ongoing.schedule(on: stage.world, after: .milliseconds(500) * turn) {
        process.wallOffset = random.length(in: .zero...settings.length("width"))
      }
    }
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    stage.actor(settings["target"])?.process.wallOffset = .zero
  }
}
