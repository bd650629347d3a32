internal import SimulationFakes
internal import SimulationKit

/// A process is killed at whatever it was about to do, and starts again at once. No `defer` runs.
public struct ProcessKill: Fault {
  public static let card = FaultCard(
    "P1", "process-kill", "a process is killed and starts again at once", [.target])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.actor(settings["target"])?.start()
  }
}
