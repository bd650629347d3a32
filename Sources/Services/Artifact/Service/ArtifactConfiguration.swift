public import ArtifactCore
public import Domain

/// Limits of the artifact service. Validated once at start; nothing reads defaults later.
public struct ArtifactConfiguration: Sendable {
  /// How long artifacts wait and are kept.
  public var limits = ArtifactLimits()
  /// How long the files of a run are kept after its end, by its namespace.
  public var retention = RetentionRules()
  /// Bytes of one artifact.
  public var artifactBytesMax: Int64 = 5 << 30
  /// Bytes that the artifacts of one namespace have together, uploads under way included.
  public var namespaceBytesMax: Int64 = 50 << 30
  public var namespaceArtifactsMax: Int64 = 1_000_000
  /// Bytes of one part. What is not larger than one part is stored in one call.
  public var partBytes: Int = 8 << 20
  /// Bytes that a download reads first, and one after the other when there is no memory for more.
  public var readBytes: Int = 1 << 20
  /// Bytes of a piece that is read while an earlier one is sent.
  public var readAheadPieceBytes: Int = 4 << 20
  /// Pieces of one download that are in memory or on their way there.
  public var readAheadPiecesMax: Int = 4
  /// Bytes that are hashed and sent at once: nothing else of the process goes on while they are
  /// hashed.
  public var sendBytes: Int = 256 << 10
  /// Bytes that all downloads of the process have in such pieces.
  public var readAheadBytesMax: Int = 64 << 20
  /// Uploads that one process takes at once, each keeping up to one part in memory.
  public var uploadsInFlightMax: Int = 16
  /// Parts of one upload that are stored while the next one comes.
  public var partsAheadMax: Int = 4
  /// Bytes that all uploads of the process have in such parts.
  public var partsAheadBytesMax: Int = 128 << 20
  /// The body of a request that is no content.
  public var requestBytesMax: Int = 64 << 10
  /// The longest life of a link.
  public var uploadLinkLengthMax: Duration = .seconds(15 * 60)
  public var downloadLinkLengthMax: Duration = .seconds(5 * 60)
  /// Tries of one call to the object store, and the wait before the second; it doubles.
  public var storeTries: Int = 5
  public var storeRetryWait: Duration = .milliseconds(100)
  /// How often a decision starts over because somebody else was faster.
  public var conflictsMax: Int = 50
  public var conflictWait: Duration = .milliseconds(5)
  /// How often due artifacts and runs are looked for, and how many are taken at once.
  public var sweepEvery: Duration = .seconds(10)
  public var sweepBatchMax: Int = 200
  public var deletionsInFlightMax: Int = 8
  /// Rows that one page of a filtered list looks at.
  public var rowsScannedMax: Int = 2_000
  /// Files that one answer to a worker names.
  public var filesFoundMax: Int = 500
  /// Records taken in at once, and how long a poll waits when there is nothing.
  public var recordsPerBatchMax: Int = 200
  public var pollWait: Duration = .seconds(1)
  /// How long it waits after the store, the bus or a peer had no answer.
  public var retryWait: Duration = .milliseconds(200)
  /// How long a call to another service may take.
  public var callWithin: Duration = .seconds(5)

  /// What tells this process from others of the service: the same after a restart, so that it goes
  /// on where it was.
  public var member = "0"

  public init() {}

  /// The limits of what belongs to runs of a namespace.
  func limits(in namespace: String) -> ArtifactLimits {
    var limits = limits
    if let namespace = NamespaceName(namespace) {
      limits.keptAfterRun = retention.length(for: namespace)
    }
    return limits
  }
}
