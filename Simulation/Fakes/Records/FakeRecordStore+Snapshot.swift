internal import SimulationKit
internal import Synchronization

/// Backups: what the store held at a moment, without delay or faults.
extension FakeRecordStore {
  public struct Snapshot: Sendable {
    fileprivate let content: RecordContent
  }

  public var snapshot: Snapshot { state.withLock { Snapshot(content: $0.content) } }

  /// Makes it what it was then. For a time when no process runs: commits in doubt are gone.
  public func restore(_ snapshot: Snapshot) {
    state.withLock { state in
      state.content = snapshot.content
      state.doubtful = []
    }
    world.note("records.restored")
  }
}
