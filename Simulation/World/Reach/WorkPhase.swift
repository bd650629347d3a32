/// What the platform may be in the middle of when a fault strikes.
public enum WorkPhase: String, Hashable, Comparable, Sendable, CaseIterable {
  /// A request for a run is stored, and no scheduler has taken it in.
  case requested
  case runPaused = "run-paused"
  case runStopping = "run-stopping"
  /// The last tasks of a run, those under `finally`.
  case runFinishing = "run-finishing"
  /// An attempt is offered, and nobody has it.
  case offered
  /// An attempt has an owner, and is not yet executed.
  case leased
  case executing
  /// An execution is over, and the task does not know.
  case reporting
  case taskStopping = "task-stopping"
  case backoff
  /// A run has ended, and who is to be told of it is not worked out.
  case ended
  /// A message has been made, and waits or is on its way.
  case delivering
  case uploading
  /// A worker has no session.
  case joining
  /// Nobody owns some partition.
  case unowned

  public static func < (left: WorkPhase, right: WorkPhase) -> Bool {
    left.rawValue < right.rawValue
  }
}
