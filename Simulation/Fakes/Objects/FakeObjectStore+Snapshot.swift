internal import SimulationKit
internal import Synchronization

/// Backups: what the store held at a moment, without delay or faults.
extension FakeObjectStore {
  public struct Snapshot: Sendable {
    fileprivate let content: ObjectContent
  }

  public var snapshot: Snapshot { state.withLock { Snapshot(content: $0.content) } }

  /// Makes it what it was then. For a time when nobody uses it.
  public func restore(_ snapshot: Snapshot) {
    state.withLock { $0.content = snapshot.content }
    world.note("objects.restored")
  }
}
