public import Domain
public import Ports

/// Which runs somebody has asked for, as the workflow service's rows say.
public struct RequestedRuns: Sendable {
  private let store: any RecordStore

  public init(_ store: any RecordStore) {
    self.store = store
  }

  /// Those among the runs whose request is there, at most 1,000 at once.
  public func known(_ runs: [RunID]) async throws(StoreError) -> SortedSet<RunID> {
    let rows = try await store.get(WorkflowTables.requests, runs.map { [.text($0.text)] })
    return SortedSet(zip(runs, rows).compactMap { run, row in row == nil ? nil : run })
  }
}
