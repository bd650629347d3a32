internal import Domain
internal import SimulationFakes
internal import SimulationKit
internal import Synchronization

/// All processes are asked to stop and started again, one after the other.
public struct RollingRestart: Fault {
  public static let card = FaultCard(
    "P7", "rolling-restart",
    "all processes are asked to stop and started again, one after the other",
    [FaultSetting("between", .milliseconds, 500...5_000)])

  let settings: FaultSettings
  private let ongoing = Ongoing()
  private let asked = Asked()

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    for (place, actor) in stage.actors.enumerated() {
      let begin = settings.length("between") * place
      let name = actor.process.name
      ongoing.schedule(on: stage.world, after: begin) { [asked] in
        asked.names.withLock { _ = $0.insert(name) }
        actor.stop()
      }
      ongoing.schedule(on: stage.world, after: begin + .milliseconds(400)) { [asked] in
        asked.names.withLock { _ = $0.remove(name) }
        actor.start()
      }
    }
  }

  public func heal(on stage: Stage) {
    ongoing.end()
    let leaving = asked.names.withLock { $0 }
    for actor in stage.actors {
      // One that takes its leave still runs, and nobody would start it when it has gone.
      if leaving.contains(actor.process.name) { actor.start() } else { actor.revive() }
    }
  }

  /// Processes that were asked to stop and have not been started again.
  private final class Asked: Sendable {
    let names = Mutex<SortedSet<String>>([])
  }
}
