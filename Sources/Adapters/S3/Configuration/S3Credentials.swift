/// What requests are signed with. Prints itself without its secrets.
public struct S3Credentials: Hashable, Sendable, CustomStringConvertible,
  CustomDebugStringConvertible
{
  public var accessKey: String
  public var secretKey: String
  /// Of credentials that were lent for a time.
  public var sessionToken: String?

  public init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
  }

  public var description: String { "the credentials \(accessKey)" }
  public var debugDescription: String { description }
}
