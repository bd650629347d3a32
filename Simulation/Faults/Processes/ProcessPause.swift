internal import SimulationFakes
internal import SimulationKit

/// A process stands still and goes on as a zombie: it does not know that time has passed.
public struct ProcessPause: Fault {
  public static let card = FaultCard(
    "P4", "process-pause", "a process stands still and goes on as if nothing had happened",
    [.target])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.actor(settings["target"])?.process.pause()
  }

  public func heal(on stage: Stage) {
    stage.actor(settings["target"])?.process.resume()
  }
}
