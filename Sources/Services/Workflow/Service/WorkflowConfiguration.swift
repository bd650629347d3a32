public import ServiceKit

/// Limits of the workflow service. Validated once at start; nothing reads defaults later.
public struct WorkflowConfiguration: Sendable {
  /// The body of a request other than a definition.
  public var requestBytesMax: Int = 1 << 20
  /// A definition as its author sends it.
  public var definitionBytesMax: Int = 4 << 20
  /// How often a request decides anew because others changed what it relied on.
  public var conflictsMax: Int = 20
  /// Bytes of a definition's texts that are kept in its version's own row; longer ones get rows of
  /// their own, since a row has a limit.
  public var inlineTextBytesMax: Int = 256 << 10
  /// Bytes of one row of a long text.
  public var textPartBytesMax: Int = 512 << 10
  /// Rows that one page of a filtered list looks at.
  public var rowsScannedMax: Int = 2_000
  /// How long a call to another service may take.
  public var callWithin: Duration = .seconds(5)
  /// The longest `?wait=` of a request.
  public var waitMax: Duration = .seconds(60)
  /// Between two looks at a run that somebody follows.
  public var lookEvery: Duration = .milliseconds(200)
  /// Definitions kept in memory.
  public var definitionsCachedMax: Int = 256
  /// How often old idempotency rows are deleted.
  public var sweepEvery: Duration = .seconds(600)
  /// Between two looks for runs that the scheduler does not know.
  public var redriveEvery: Duration = .seconds(10)
  /// How old a request is when its run should be known. Longer than clocks of processes differ.
  public var redriveAfter: Duration = .seconds(15)
  /// How old requests are looked at when the process starts.
  public var redriveLookBack: Duration = .seconds(24 * 3_600)
  /// Requests looked at at once, and runs that are announced again until they are known.
  public var redrivePageMax: Int = 500
  /// How long it waits after the store or the network had no answer.
  public var retryWait: Duration = .milliseconds(200)
  public var outbox = OutboxConfiguration()

  public init() {}
}
