/// What one remote call may take, on servers and clients alike.
public struct RPCLimits: Hashable, Sendable {
  /// One message, either way; beyond it the call ends with `.resourceExhausted`.
  public var messageBytesMax = 4_194_304
  /// Names, values and 32 bytes for each field of a call's metadata.
  public var metadataBytesMax = 16_384

  public init() {}
}
