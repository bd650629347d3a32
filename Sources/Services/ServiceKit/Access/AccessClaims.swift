public import Domain
internal import Ports
internal import Wire

/// What an access token says (RFC 9068): who, for how long, with which roles.
public struct AccessClaims: Hashable, Sendable {
  /// `typ` of the token: nothing else that is signed with the same keys is taken for one.
  public static let type = "at+jwt"

  public var issuer: String
  public var audience: String
  public var subject: String
  public var signIn: String
  public var tokenID: String
  public var name: String
  public var epoch: Int64
  public var grants: RoleGrants
  /// Whole seconds, as the format has them.
  public var issuedAt: Moment
  public var notBefore: Moment
  public var expiresAt: Moment

  public init(
    issuer: String, audience: String, subject: String, signIn: String, tokenID: String,
    name: String, epoch: Int64, grants: RoleGrants, issuedAt: Moment, life: Duration
  ) {
    self.issuer = issuer
    self.audience = audience
    self.subject = subject
    self.signIn = signIn
    self.tokenID = tokenID
    self.name = name
    self.epoch = epoch
    self.grants = grants
    self.issuedAt = issuedAt
    notBefore = issuedAt
    expiresAt = issuedAt + life
  }

  public var payload: [UInt8] {
    let places = GrantPlace.all(grants).map { ($0.text, Value.string(grants[$0]?.rawValue ?? "")) }
    let members: [(String, Value)] = [
      ("iss", .string(issuer)), ("aud", .string(audience)), ("sub", .string(subject)),
      ("sid", .string(signIn)), ("jti", .string(tokenID)), ("name", .string(name)),
      ("epoch", .integer(epoch)), ("roles", .object(SortedMap(places))),
      ("iat", .integer(issuedAt.seconds)), ("nbf", .integer(notBefore.seconds)),
      ("exp", .integer(expiresAt.seconds)),
    ]
    return [UInt8](Value.object(SortedMap(members)).json.utf8)
  }

  /// Nil unless the payload has exactly the claims of an access token, each of its kind.
  public init?(payload: [UInt8]) {
    let limits = JSONLimits(depthMax: 3, membersMax: 80, stringBytesMax: 256, numberBytesMax: 20)
    let read = try? JSONObject.read(payload, limits: limits) { body in
      AccessClaims(&body)
    }
    guard let read else { return nil }
    self = read
  }

  private init?(_ body: inout JSONObject) {
    // Up to the year 9999: what lies beyond is no instant that anybody meant.
    let instants: ClosedRange<Int64> = 0...253_402_300_799
    guard let issuer = body.string("iss"), let audience = body.string("aud"),
      let subject = body.string("sub"), let signIn = body.string("sid"),
      let tokenID = body.string("jti"), let name = body.string("name"),
      let epoch = body.integer("epoch"), let roles = body.texts("roles"),
      let grants = RoleGrants(texts: roles), let issued = body.integer("iat", in: instants),
      let notBefore = body.integer("nbf", in: instants),
      let expires = body.integer("exp", in: instants), !subject.isEmpty, !tokenID.isEmpty
    else { return nil }
    self.init(
      issuer: issuer, audience: audience, subject: subject, signIn: signIn, tokenID: tokenID,
      name: name, epoch: epoch, grants: grants, issuedAt: Moment(seconds: issued), life: .zero)
    self.notBefore = Moment(seconds: notBefore)
    expiresAt = Moment(seconds: expires)
  }

  /// Why the token is not good at this moment, for logs; nil when it is.
  public func fault(_ rules: AccessRules, at now: Moment) -> String? {
    if !issuer.utf8.elementsEqual(rules.issuer.utf8) { return "another issuer" }
    if !audience.utf8.elementsEqual(rules.audience.utf8) { return "another audience" }
    if now >= expiresAt + rules.skewMax { return "expired" }
    if now + rules.skewMax < notBefore || now + rules.skewMax < issuedAt { return "not yet good" }
    if expiresAt - issuedAt > rules.lifeMax { return "it lives too long" }
    return nil
  }
}

/// What access tokens must say to be taken.
public struct AccessRules: Hashable, Sendable {
  public var issuer = "millrace"
  public var audience = "millrace"
  /// How far the clocks of two processes may differ.
  public var skewMax: Duration = .seconds(60)
  /// No token lives longer, whoever signed it.
  public var lifeMax: Duration = .seconds(900)

  public init() {}
}

extension RoleGrants {
  /// Roles by place, as records and tokens have them. Nil for what is no role or no place.
  public init?(texts: SortedMap<String, String>) {
    self.init()
    for (place, role) in texts {
      guard let place = GrantPlace(text: place), let role = Role(rawValue: role) else {
        return nil
      }
      self[place] = role
    }
    guard namespaces.count <= RoleGrants.namespacesMax else { return nil }
  }

  public var texts: SortedMap<String, String> {
    SortedMap(GrantPlace.all(self).map { ($0.text, self[$0]?.rawValue ?? "") })
  }
}

extension GrantPlace {
  static func all(_ grants: RoleGrants) -> [GrantPlace] {
    (grants.installation == nil ? [] : [.installation])
      + grants.namespaces.keys.map(GrantPlace.namespace)
  }
}

extension Principal {
  /// Who an access token belongs to.
  init(_ claims: AccessClaims) {
    self.init(
      id: claims.subject, kind: .user, name: claims.name,
      permissions: claims.grants.installation?.permissions ?? [],
      namespaces: claims.grants.namespaces.mapValues(\.permissions))
    signIn = claims.signIn
  }
}

extension Moment {
  /// Whole seconds, rounded towards the past.
  var seconds: Int64 { (microseconds - (microseconds < 0 ? 999_999 : 0)) / 1_000_000 }

  init(seconds: Int64) {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    self.init(microseconds: overflow ? (seconds < 0 ? .min : .max) : product)
  }
}
