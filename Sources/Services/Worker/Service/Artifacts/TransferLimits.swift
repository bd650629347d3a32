/// Limits of what a worker does with the files of its attempts.
public struct TransferLimits: Sendable {
  /// Files that one entry of `artifacts:` keeps, and that one entry of `files:` brings.
  public var filesMax: Int = 500
  /// Bytes of one file.
  public var fileBytesMax: Int64 = 5 << 30
  /// Files of one attempt under way at once; each has up to one part in memory.
  public var transfersInFlightMax: Int = 2
  /// Bytes read at once for a digest.
  public var pieceBytes: Int = 1 << 20
  /// Tries of one call, and the wait before the second; it doubles up to the last.
  public var triesMax: Int = 8
  public var retryWait: Duration = .milliseconds(250)
  public var retryWaitMax: Duration = .seconds(10)
  /// Silence of the other side within one transfer of bytes: a dead connection is noticed by it.
  public var answerWithin: Duration = .seconds(30)
  public var callWithin: Duration = .seconds(15)
  /// How long keeping and bringing may take, all files of an attempt together.
  public var transferWithin: Duration = .seconds(30 * 60)
  /// The same for an attempt that was told to stop.
  public var afterStopWithin: Duration = .seconds(5)

  public init() {}
}
