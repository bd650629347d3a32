/// Limits of the metadata service. Validated once at start; nothing reads defaults later.
public struct MetadataConfiguration: Sendable {
  /// Records taken in at once.
  public var recordsPerBatchMax: Int = 500
  /// How long a poll waits when there is nothing.
  public var pollWait: Duration = .seconds(1)
  /// How long it waits after the archive, the bus or a peer had no answer.
  public var retryWait: Duration = .milliseconds(200)
  /// How long a call to another service may take.
  public var callWithin: Duration = .seconds(5)
  /// Lines sent to a follower at once.
  public var linesPerPageMax: Int = 500
  /// Between two looks at a task that somebody follows.
  public var lookEvery: Duration = .milliseconds(200)
  /// Tasks fetched from the scheduler at once.
  public var tasksPerPageMax: Int = 500

  public init() {}
}
