public import Domain

/// What a repeated request with an Idempotency-Key gets.
///
/// Source: draft-ietf-httpapi-idempotency-key-header-07. A key belongs to a namespace, a principal
/// and a route; it is kept for a day.
public enum Idempotency {
  public static let keptFor: Duration = .seconds(24 * 3_600)
  public static let keyBytesMax = 255

  /// An answer that was given before.
  public struct Known: Hashable, Sendable {
    public var requestDigest: String
    public var answeredAt: Moment

    public init(requestDigest: String, answeredAt: Moment) {
      self.requestDigest = requestDigest
      self.answeredAt = answeredAt
    }
  }

  public enum Decision: Hashable, Sendable {
    /// Nothing is known of the key, or what is known is too old: do it.
    case proceed
    /// The same request: give the same answer.
    case replay
    /// Another request under the same key: refuse it.
    case reused
  }

  public static func decide(
    _ known: Known?, requestDigest: String, at now: Moment
  ) -> Decision {
    guard let known, now < known.answeredAt + keptFor else { return .proceed }
    return known.requestDigest == requestDigest ? .replay : .reused
  }
}
