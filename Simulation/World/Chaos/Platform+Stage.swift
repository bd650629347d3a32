internal import Domain
internal import SimulationFakes
internal import SimulationFaults
internal import SimulationKit

extension Platform {
  /// The platform as faults see it.
  var stage: Stage {
    Stage(
      world: world,
      actors: processes.map { process in
        StageActor(
          role: process.role.rawValue, process: process.process, stop: { process.stop() },
          start: { process.process.restart() })
      },
      network: network, bus: bus, stores: stores.all.map { ($0.role.rawValue, $0.store) },
      archive: archive, objects: objects, webhooks: webhooks, mailer: mailer, executor: executor)
  }

  /// The processes that a plan gives up in the end, by name.
  func lost(_ plan: WorldPlan) -> SortedSet<String> {
    SortedSet(
      processes(.worker).suffix(plan.lostWorkers).map(\.name)
        + processes(.scheduler).suffix(plan.lostSchedulers).map(\.name))
  }

  /// Calls take time and pages vary, as they do where nothing is wrong.
  func setOrdinary() {
    for (_, store) in stores.all { store.faults = .slow }
    bus.faults = .slow
    network.faults = .slow
    archive.faults = .slow
    objects.faults = .slow
  }
}
