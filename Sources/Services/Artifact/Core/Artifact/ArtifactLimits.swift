/// How long artifacts wait and are kept.
public struct ArtifactLimits: Hashable, Sendable {
  /// From the start of an upload until it counts as abandoned.
  public var pendingFor: Duration = .seconds(6 * 3_600)
  /// How long a write in doubt may still reach the object store. Objects are deleted again after
  /// it.
  public var lateWritesWithin: Duration = .seconds(600)
  /// Between two tries to delete an object.
  public var deletionRetry: Duration = .seconds(30)
  /// Uploads that may be begun for one artifact.
  public var uploadsMax = 8
  /// How long a file of no run is kept.
  public var unattachedKeptFor: Duration = .seconds(7 * 24 * 3_600)
  /// How long the files of a run are kept after its end.
  public var keptAfterRun: Duration = .seconds(90 * 24 * 3_600)
  /// How often it is asked whether a run that seems to go on has ended unnoticed.
  public var runCheckEvery: Duration = .seconds(6 * 3_600)
  /// Between two tries to ask, and to remove the files of a run.
  public var runRetry: Duration = .seconds(60)

  public init() {}
}
