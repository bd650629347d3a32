public import SimulationFakes
public import SimulationKit

/// What faults can touch: the processes of a world and the fakes that they stand on.
public struct Stage: Sendable {
  public let world: SimulatedWorld
  public let actors: [StageActor]
  public let network: FakeNetwork
  public let bus: FakeBus
  /// By the names of the services whose they are.
  public let stores: [(name: String, store: FakeRecordStore)]
  public let archive: FakeJobArchive
  public let objects: FakeObjectStore
  public let webhooks: FakeWebhookSender
  public let mailer: FakeMailer
  public let executor: FakeExecutor

  public init(
    world: SimulatedWorld, actors: [StageActor], network: FakeNetwork, bus: FakeBus,
    stores: [(name: String, store: FakeRecordStore)], archive: FakeJobArchive,
    objects: FakeObjectStore, webhooks: FakeWebhookSender, mailer: FakeMailer,
    executor: FakeExecutor
  ) {
    self.world = world
    self.actors = actors
    self.network = network
    self.bus = bus
    self.stores = stores
    self.archive = archive
    self.objects = objects
    self.webhooks = webhooks
    self.mailer = mailer
    self.executor = executor
  }

  /// The process that a setting names, whatever number it is.
  public func actor(_ target: Int) -> StageActor? {
    actors.isEmpty ? nil : actors[target % actors.count]
  }

  /// All processes of the role that the named process has.
  public func role(_ target: Int) -> [StageActor] {
    guard let chosen = actor(target) else { return [] }
    return actors.filter { $0.role == chosen.role }
  }

  /// Cuts each of some processes off from each of some others, both ways.
  func separate(_ near: some Sequence<StageActor>, from far: some Sequence<StageActor>) {
    for one in near {
      for other in far {
        network.cut(from: one.process, to: other.process)
        network.cut(from: other.process, to: one.process)
      }
    }
  }

  public func store(_ target: Int) -> FakeRecordStore? {
    stores.isEmpty ? nil : stores[target % stores.count].store
  }
}

/// A process that faults can touch.
public struct StageActor: Sendable {
  public let role: String
  public let process: SimulatedProcess
  /// Asks it to stop in good order.
  public let stop: @Sendable () -> Void
  /// Begins its next life; a process that lives is killed first.
  public let start: @Sendable () -> Void

  public init(
    role: String, process: SimulatedProcess, stop: @escaping @Sendable () -> Void,
    start: @escaping @Sendable () -> Void
  ) {
    self.role = role
    self.process = process
    self.stop = stop
    self.start = start
  }

  /// Starts it unless it runs.
  public func revive() {
    switch process.status {
    case .running, .paused: return
    case .notStarted, .killed, .finished, .failed: start()
    }
  }
}
