public import Domain

/// A request that whoever has it may make, until it expires: an address and the fields that are
/// sent with it, as they are. It is a credential: it must not be logged or kept in caches.
public struct S3Link: Hashable, Sendable, CustomStringConvertible {
  public struct Field: Hashable, Sendable {
    public let name: String
    public let value: String
  }

  public let method: String
  public let url: String
  public let fields: [Field]
  public let expires: Moment

  public var description: String { "a link to \(method), until \(expires)" }
}
