internal import SimulationKit
internal import Synchronization

/// What a fault does bit by bit, and no more once it is over.
final class Ongoing: Sendable {
  private let isOver = Mutex(false)

  func end() { isOver.withLock { $0 = true } }

  /// Does something later, unless the fault is over by then.
  func schedule(
    on world: SimulatedWorld, after length: Duration, _ action: @escaping @Sendable () -> Void
  ) {
    world.schedule(after: length) { [self] in
      if !isOver.withLock({ $0 }) { action() }
    }
  }
}
