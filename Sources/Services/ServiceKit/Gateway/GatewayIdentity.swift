public import Domain
public import Ports
internal import Wire

/// What identity and access says to a service of one request that it let through the gateway: who
/// sent it, by which credentials, and what exactly was asked for (RFC 7519; `ath` as in RFC 9449
/// §4.2).
///
/// It is good for that request only: another path, another method, another service or another
/// token than those that were judged is refused.
public struct GatewayIdentity: Hashable, Sendable {
  /// `typ` of the token: nothing else that is signed with the same keys is taken for one.
  public static let type = "gw+jwt"
  /// The field that carries it.
  public static let field = "x-millrace-identity"

  public var issuer: String
  /// The service that the gateway sends the request to.
  public var audience: String
  public var subject: String
  /// The digest of the credentials that were judged.
  public var token: String
  /// The digest of method and path, as the gateway passes them on.
  public var target: String
  /// Whole seconds, as the format has them.
  public var issuedAt: Moment
  public var expiresAt: Moment

  public init(
    issuer: String, audience: String, subject: String, request: Request, issuedAt: Moment,
    life: Duration
  ) {
    self.issuer = issuer
    self.audience = audience
    self.subject = subject
    token = request.token
    target = request.target
    self.issuedAt = issuedAt
    expiresAt = issuedAt + life
  }

  /// What a request is told apart by.
  public struct Request: Hashable, Sendable {
    let token: String
    let target: String

    /// - Parameters:
    ///   - authorization: the values of its `Authorization` fields.
    ///   - path: without the query, still percent-encoded.
    public init(authorization: [String], method: String, path: String, digest: any Digest) {
      func text(_ content: String) -> String {
        Base64.url.text(digest.digest([UInt8](content.utf8)))
      }
      // A blank stands in no method, so that no two requests say the same.
      target = text(method + " " + path)
      token = text(authorization.joined(separator: "\n"))
    }
  }

  public var payload: [UInt8] {
    [UInt8](
      Value.object([
        "iss": .string(issuer), "aud": .string(audience), "sub": .string(subject),
        "ath": .string(token), "tgt": .string(target), "iat": .integer(issuedAt.seconds),
        "exp": .integer(expiresAt.seconds),
      ]).json.utf8)
  }

  /// Nil unless the payload has exactly these claims, each of its kind.
  public init?(payload: [UInt8]) {
    let limits = JSONLimits(depthMax: 2, membersMax: 7, stringBytesMax: 256, numberBytesMax: 20)
    let read = try? JSONObject.read(payload, limits: limits) { body in GatewayIdentity(&body) }
    guard let read else { return nil }
    self = read
  }

  private init?(_ body: inout JSONObject) {
    let instants: ClosedRange<Int64> = 0...253_402_300_799
    guard let issuer = body.string("iss"), let audience = body.string("aud"),
      let subject = body.string("sub"), let token = body.string("ath"),
      let target = body.string("tgt"), let issued = body.integer("iat", in: instants),
      let expires = body.integer("exp", in: instants), !subject.isEmpty
    else { return nil }
    self.issuer = issuer
    self.audience = audience
    self.subject = subject
    self.token = token
    self.target = target
    issuedAt = Moment(seconds: issued)
    expiresAt = Moment(seconds: expires)
  }

  /// Why it is not good for this request, for logs; nil when it is.
  func fault(
    _ rules: AccessRules, of sender: Principal, _ request: Request, for services: [String],
    at now: Moment
  ) -> String? {
    if !issuer.utf8.elementsEqual(rules.issuer.utf8) { return "another issuer" }
    if !services.contains(where: { $0.utf8.elementsEqual(audience.utf8) }) {
      return "another service"
    }
    if now >= expiresAt + rules.skewMax { return "expired" }
    if now + rules.skewMax < issuedAt { return "not yet good" }
    if expiresAt - issuedAt > GatewayIdentity.lifeMax { return "it lives too long" }
    if target != request.target { return "another method or path" }
    if token != request.token { return "other credentials" }
    if !subject.utf8.elementsEqual(sender.id.utf8) { return "another sender" }
    return nil
  }

  /// No identity lives longer, whoever signed it.
  static let lifeMax: Duration = .seconds(60)
}
