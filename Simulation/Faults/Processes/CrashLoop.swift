internal import SimulationFakes
internal import SimulationKit

/// A process is killed again and again soon after its start.
public struct CrashLoop: Fault {
  public static let card = FaultCard(
    "P10", "crash-loop", "a process is killed again and again soon after its start",
    [.target, FaultSetting("times", .count, 2...8), FaultSetting("lives", .milliseconds, 1...800)])

  let settings: FaultSettings
  private let ongoing = Ongoing()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    guard let actor = stage.actor(settings["target"]) else { return }
    for turn in 0..<settings["times"] {
      ongoing.schedule(on: stage.world, after: settings.length("lives") * turn) { actor.start() }
    }
  }

  public func heal(on stage: Stage) { ongoing.end() }
}
