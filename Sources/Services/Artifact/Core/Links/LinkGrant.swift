public import Domain

/// What a signed link allows: one method on one artifact, for a while. Whoever holds the link holds
/// the permission, so that it is bound to everything that it is about.
public struct LinkGrant: Hashable, Sendable {
  public enum Method: String, Hashable, Sendable, CaseIterable {
    case get = "GET"
    case put = "PUT"
  }

  public enum Verdict: Hashable, Sendable {
    case good
    case expired
    /// It promises to live longer than any link that is given out.
    case tooLong
  }

  public var method: Method
  public var artifact: ArtifactID
  /// The second at which it ends, of the Unix epoch.
  public var expiresAt: Int64

  public init(method: Method, artifact: ArtifactID, expiresAt: Int64) {
    self.method = method
    self.artifact = artifact
    self.expiresAt = expiresAt
  }

  public init(method: Method, artifact: ArtifactID, at now: Moment, length: Duration) {
    let end = (now + length).microseconds
    // Rounded up, so that a link never lives shorter than was asked for.
    self.init(
      method: method, artifact: artifact, expiresAt: end.addingSaturated(999_999) / 1_000_000)
  }

  /// What is signed. Each part is of a fixed form, so that none can run into the next.
  public var signedText: String {
    "millrace-artifact-link-v1\n\(method.rawValue)\n\(artifact)\n\(expiresAt)"
  }

  /// Judges a grant whose signature is good.
  public func verdict(at now: Moment, lengthMax: Duration) -> Verdict {
    let second = now.microseconds / 1_000_000
    if second >= expiresAt { return .expired }
    let lengthMax = lengthMax.wholeMicroseconds / 1_000_000
    return expiresAt - second > lengthMax.addingSaturated(1) ? .tooLong : .good
  }
}
