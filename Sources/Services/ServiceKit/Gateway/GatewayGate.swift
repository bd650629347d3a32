internal import Domain
public import Ports

/// Lets requests of clients in only by the gateway, and knows from there where they came from.
///
/// The gateway proves itself by a token that only it and the services have, and overwrites what
/// clients send in its place. What identity and access said of a request travels beside it, signed
/// and bound to it. Both are needed, and the credentials are judged here as ever: a gateway that
/// lets too much through opens nothing.
public struct GatewayGate: Sendable {
  /// The field in which the gateway proves itself.
  public static let field = "x-millrace-gateway"
  /// Where the gateway says who its client is; it strips what clients send of that name.
  static let source = "x-envoy-external-address"
  static let sourceBytesMax = 64

  private let services: [String]
  private let proof: [UInt8]
  private let digest: any Digest
  private let authenticator: IdentityAuthenticator
  private let context: ServiceContext

  /// - Parameters:
  ///   - services: what this process serves: identities for others are not good here.
  ///   - token: what the gateway proves itself by.
  public init(
    services: [String], token: String, digest: any Digest, authenticator: IdentityAuthenticator,
    context: ServiceContext
  ) {
    self.services = services
    self.digest = digest
    self.authenticator = authenticator
    self.context = context
    proof = digest.digest([UInt8](token.utf8))
  }

  /// A request as its client sent it, and what the gateway added.
  struct Arrival: Sendable {
    var request: HTTPRequest
    /// Nil when it did not come by the gateway.
    var identities: [String]?
  }

  func arrival(of request: HTTPRequest) -> Arrival {
    let tokens = request.fields.all(GatewayGate.field)
    // Of digests, so that how long it takes tells nothing of the token.
    guard tokens.count == 1, digest.digest([UInt8](tokens[0].utf8)) == proof else {
      return Arrival(request: request, identities: nil)
    }
    var inner = request
    let sources = request.fields.all(GatewayGate.source)
    if sources.count == 1, (1...GatewayGate.sourceBytesMax).contains(sources[0].utf8.count) {
      // As the network says peers: an address of version 6 stands in brackets.
      inner.peer = sources[0].utf8.contains(UInt8(ascii: ":")) ? "[\(sources[0])]:0" : sources[0]
    }
    return Arrival(
      request: inner, identities: request.fields.all(GatewayIdentity.field))
  }

  /// - Throws: 403 for a route of clients that was asked for past the gateway.
  func admit(_ arrival: Arrival, _ route: Route) throws(Problem) {
    guard route.entrance == .gateway, arrival.identities == nil else { return }
    throw refused("past the gateway", "requests are taken through the gateway only")
  }

  /// - Throws: 403 when identity and access has not let this sender through with this request; 503
  ///   when that cannot be judged.
  func confirm(
    _ arrival: Arrival, of sender: Principal, _ route: Route
  ) async throws(Problem) {
    guard route.entrance == .gateway, let identities = arrival.identities else { return }
    guard identities.count == 1 else {
      throw refused(
        identities.isEmpty ? "no identity" : "more than one identity",
        "the gateway has not said who sent this")
    }
    let request = GatewayIdentity.Request(
      authorization: arrival.request.fields.all("authorization"), method: arrival.request.method,
      path: arrival.request.path, digest: digest)
    guard let identity = try await authenticator.identity(identities[0]) else {
      throw refused("bad identity", "the gateway has not said who sent this")
    }
    let fault = identity.fault(
      authenticator.rules, of: sender, request, for: services, at: context.time.now())
    if let fault { throw refused(fault, "the gateway has let something else through") }
  }

  /// The caller is told one thing of each kind; the log knows more.
  private func refused(_ why: String, _ told: String) -> Problem {
    context.telemetry.count("gateway_refused", 1, [("why", why)])
    context.telemetry.log(.warning, "gateway.refused", [("why", why)])
    return Problem(403, "not-by-the-gateway", told)
  }
}
