public import Contracts
public import Domain
public import Ports

/// A run as its records know it.
public struct LedgerRun: Sendable {
  public var id: RunID
  public var view: RunView
  /// Whether the rows of its tasks are there: those of a run that ended long ago are deleted.
  public var hasTasks: Bool
  /// Of a run that has ended: whether history has said that it has a copy.
  public var isHeard: Bool

  public init(id: RunID, view: RunView, hasTasks: Bool, isHeard: Bool) {
    self.id = id
    self.view = view
    self.hasTasks = hasTasks
    self.isHeard = isHeard
  }
}

/// An attempt that has begun, as the records know it.
public struct LedgerAttempt: Hashable, Sendable {
  public var id: AttemptID
  /// How many lines it has printed; nil when nobody knows.
  public var logLines: Int64?

  public init(id: AttemptID, logLines: Int64?) {
    self.id = id
    self.logLines = logLines
  }
}

/// What the records say of runs, for comparisons with other stores.
public protocol RunLedger: Sendable {
  /// Runs in the order of their ids, behind `after`; `next` is nil when none follow.
  func runs(after: RunID?, limit: Int) async throws(StoreError) -> (runs: [LedgerRun], next: RunID?)

  /// Those among the runs that are known, at most 1,000 at once.
  func runs(named: [RunID]) async throws(StoreError) -> [LedgerRun]

  /// When the newest run was made; nil when there is none.
  func newest() async throws(StoreError) -> Moment?

  /// All attempts of a run that a worker has taken.
  func attempts(of run: RunID) async throws(StoreError) -> [LedgerAttempt]

  /// Says once more that these runs have ended, at most 500 at once: the schedulers send it when
  /// they run. What was confirmed for those in `unconfirmed` is not confirmed any more. Whoever has
  /// heard of an end hears it again and changes nothing.
  func announce(_ runs: [RunID], unconfirmed: [RunID]) async throws(StoreError)
}
