internal import SimulationFakes
internal import SimulationKit

/// A process runs for a short while and stands still for a longer one, again and again.
public struct ProcessSlow: Fault {
  public static let card = FaultCard(
    "P5", "process-slow",
    "a process runs for a short while and stands still for a longer one, again and again",
    [.target, FaultSetting("stand", .milliseconds, 20...400)])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let process = stage.actor(settings["target"])?.process else { return }
    stand(process)
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    stage.actor(settings["target"])?.process.resume()
  }

  private func stand(_ process: SimulatedProcess) {
    process.pause()
    ongoing.schedule(on: process.world, after: settings.length("stand")) { [self] in
      process.resume()
      ongoing.schedule(on: process.world, after: .milliseconds(5)) { stand(process) }
    }
  }
}
