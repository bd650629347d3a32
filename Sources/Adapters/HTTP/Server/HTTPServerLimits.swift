/// What one server grants its clients. Each limit protects the other clients.
public struct HTTPServerLimits: Hashable, Sendable {
  /// Request line and header fields together; beyond it 431.
  public var headBytesMax = 32_768
  /// The request line; beyond it 414.
  public var requestLineBytesMax = 16_384
  /// Beyond it 431.
  public var fieldsMax = 100
  /// From a connection's begin until both sides have shown who they are.
  public var handshakeWithin: Duration = .seconds(5)
  /// From the first byte of a request (on a new connection: from its start) to the end of its head.
  public var headWithin: Duration = .seconds(10)
  /// How long a connection may wait for its next request.
  public var idleMax: Duration = .seconds(60)
  /// What a handler gets of a body unless it allows more itself.
  public var bodyBytesMax = 1_048_576
  /// A body that a handler waits for arrives at least at this rate, after the grace.
  public var bodyBytesPerSecondMin = 1_024
  public var bodyGrace: Duration = .seconds(5)
  /// What may be left of a body that a handler did not read, for the connection to be kept.
  public var unreadBodyBytesMax = 65_536
  /// How long a client may take nothing of an answer.
  public var writeStallMax: Duration = .seconds(30)
  /// Connections beyond it wait in the system's queue.
  public var connectionsMax = 4_096
  /// How long requests in flight may go on once the server ends.
  public var drainWithin: Duration = .seconds(25)
  /// How long what a client still sends is read and dropped before its connection is closed, so
  /// that it gets to see our answer.
  public var lingerMax: Duration = .seconds(2)
  /// What a connection that speaks HTTP/2 is granted besides.
  public var http2 = HTTP2Limits()
  /// What a remote call may take.
  public var rpc = RPCLimits()

  public init() {}

  var head: HeadLimits {
    HeadLimits(
      headBytesMax: headBytesMax, startLineBytesMax: requestLineBytesMax, fieldsMax: fieldsMax)
  }
}
