/// What one client accepts from servers.
public struct HTTPClientConfiguration: Sendable {
  /// Status line and header fields together.
  public var headBytesMax = 65_536
  public var fieldsMax = 200
  /// What a caller gets of a body unless it allows more itself.
  public var bodyBytesMax = 16_777_216
  /// For each address of a host.
  public var connectWithin: Duration = .seconds(5)
  /// Whether a connection to an address may be made: judged by the address itself, after every name
  /// has been looked up, so that no spelling and no second look-up gets around it.
  public var allowsAddress: @Sendable (SocketAddress) -> Bool = { _ in true }

  /// Whom it believes where URLs begin with `https`.
  public var trust = TLSTrust()

  public init() {}

  var head: HeadLimits {
    HeadLimits(headBytesMax: headBytesMax, startLineBytesMax: headBytesMax, fieldsMax: fieldsMax)
  }
}
