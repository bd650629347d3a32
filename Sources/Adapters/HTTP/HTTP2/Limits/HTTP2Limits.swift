/// What one HTTP/2 connection grants its peer, besides what `HTTPServerLimits` says of requests.
public struct HTTP2Limits: Hashable, Sendable {
  /// Requests at once. One whose handler still runs counts, even when its stream was reset.
  public var streamsMax = 100
  /// What may arrive of one body before its reader takes it: 64 KiB for each of `streamsMax`.
  public var streamWindowBytes = 65_536
  /// What may be on its way for all streams together.
  public var connectionWindowBytes = 1_048_576
  /// The memory of the header compression, each way.
  public var headerTableBytes = 4_096
  /// Names, values and 32 bytes for each field of one header list, counted before anything is kept.
  public var headerListBytesMax = 32_768
  /// Pieces that a header list may come in.
  public var continuationsMax = 8
  /// Entries of one SETTINGS frame.
  public var settingsMax = 32
  /// Answers to PING and SETTINGS that the peer has not taken.
  public var acknowledgementsQueuedMax = 1_000
  /// Streams that end in a reset, whoever sends it: at once, and from then on each second.
  public var resetsBurst = 200
  public var resetsPerSecond = 33
  /// Frames that carry nothing, beyond what the data sent and the requests made explain.
  public var idleFramesBurst = 2_000
  public var idleFramesPerSecond = 500
  /// What is kept of a streamed answer before its writer waits.
  public var streamBufferBytesMax = 65_536
  /// A connection older than this is drained, so that clients spread over new servers.
  public var connectionAgeMax: Duration = .seconds(1_800)
  /// A peer with open streams that has been silent this long is asked whether it is there.
  public var silenceMax: Duration = .seconds(30)
  /// How long it may take to answer that.
  public var answerPingWithin: Duration = .seconds(20)

  public init() {}
}
