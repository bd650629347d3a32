internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit

/// Makes and judges signed links. A link is a credential: it is never logged.
struct LinkDesk: Sendable {
  /// Who is going to use a link.
  enum Holder: Sendable {
    case client
    case worker
  }

  let ports: ArtifactPorts

  /// An absolute address that works for a while, and for nothing else.
  func link(
    _ method: LinkGrant.Method, _ artifact: ArtifactID, for length: Duration,
    of holder: Holder = .client
  ) -> (url: String, expiresAt: Moment) {
    let grant = LinkGrant(
      method: method, artifact: artifact, at: ports.context.time.now(), length: length)
    let address = holder == .client ? ports.address() : ports.workersAddress()
    let url =
      "\(address)/v1/links/\(artifact)?expires=\(grant.expiresAt)"
      + "&signature=\(signature(of: grant))"
    return (url, Moment(microseconds: grant.expiresAt * 1_000_000))
  }

  func lengthMax(_ method: LinkGrant.Method) -> Duration {
    switch method {
    case .get: ports.configuration.downloadLinkLengthMax
    case .put: ports.configuration.uploadLinkLengthMax
    }
  }

  /// The artifact that a request by link is about. Everything else about the request is judged
  /// after this.
  ///
  /// - Throws: the same for every link that is not good, whatever is wrong with it, except that one
  ///   whose time is over says so.
  func artifact(
    _ request: RouteRequest, _ method: LinkGrant.Method
  ) throws(Problem) -> ArtifactID {
    guard let artifact = ArtifactID(text: request.segment("artifact")),
      let expires = request.query["expires"], let expiresAt = Int64(expires),
      String(expiresAt) == expires, let signature = request.query["signature"]
    else { throw LinkDesk.bad }
    let grant = LinkGrant(method: method, artifact: artifact, expiresAt: expiresAt)
    guard
      ConstantTime.isEqual(
        Array(signature.utf8), Array(self.signature(of: grant).utf8))
    else {
      throw LinkDesk.bad
    }
    switch grant.verdict(at: ports.context.time.now(), lengthMax: lengthMax(method)) {
    case .good: return artifact
    case .expired: throw Problem(403, "link-expired", "the time of this link is over")
    case .tooLong: throw LinkDesk.bad
    }
  }

  private static let bad = Problem(403, "bad-link", "this link is not one that was given out")

  private func signature(of grant: LinkGrant) -> String {
    ports.digest.hexadecimal(digest: ports.sign(Array(grant.signedText.utf8)))
  }
}
