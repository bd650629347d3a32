internal import SimulationFakes
internal import SimulationKit

/// A process is killed and stays down for a while.
public struct ProcessRestart: Fault {
  public static let card = FaultCard(
    "P2", "process-restart", "a process is killed and stays down for a while", [.target])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.actor(settings["target"])?.process.kill()
  }

  public func heal(on stage: Stage) {
    stage.actor(settings["target"])?.revive()
  }
}
