internal import Contracts
internal import Domain
public import Ports
internal import Synchronization

/// Limits of an authenticator. What is taken back is refused after `trustedFor` at the latest, also
/// when identity and access cannot be reached.
public struct AuthenticatorConfiguration: Sendable {
  public var rules = AccessRules()
  /// Between two questions for keys and for what is void.
  public var syncEvery: Duration = .seconds(3)
  /// As long as nothing is known, or nobody answers.
  public var retryEvery: Duration = .milliseconds(200)
  /// How old that knowledge may be; older than this, nobody gets in.
  public var trustedFor: Duration = .seconds(15)
  /// How long the answer about a token for programs is kept.
  public var answersKeptFor: Duration = .seconds(10)
  public var answersKeptMax = 10_000
  public var callWithin: Duration = .seconds(2)
  /// How long a void is remembered: longer than an access token lives.
  public var voidsKeptFor: Duration = .seconds(3_600)

  public init() {}
}

/// Tells who sent a request by the tokens of identity and access.
///
/// Access tokens are judged here: by keys and by what is void, both asked for all the time. Tokens
/// for programs are asked about, and the answer is kept for a moment. When identity and access
/// cannot be reached, nobody gets in who was not known a moment ago.
public final class IdentityAuthenticator: Authenticator {
  private let client: IdentityClient
  private let signer: any Signer
  private let digest: any Digest
  private let context: ServiceContext
  private let configuration: AuthenticatorConfiguration
  private let trust = Mutex(Trust())
  private let answers = Mutex<SortedMap<String, Answer>>([:])
  /// When it was last asked because of a key that is not known.
  private let lookedAt = Mutex<Uptime?>(nil)

  /// What was said about a token for programs.
  private struct Answer: Sendable {
    var principal: Principal?
    var expiresAt: Moment
    var heardAt: Uptime
  }

  public init(
    network: any Network, signer: any Signer, digest: any Digest, context: ServiceContext,
    configuration: AuthenticatorConfiguration = AuthenticatorConfiguration()
  ) {
    client = IdentityClient(network: network, callWithin: configuration.callWithin)
    self.signer = signer
    self.digest = digest
    self.context = context
    self.configuration = configuration
  }

  // MARK: Keeping up

  /// Keeps the knowledge fresh until the task is cancelled. Without it nobody gets in.
  public func run() async {
    let began = context.time.uptime()
    while !Task.isCancelled {
      var wait = configuration.retryEvery
      do throws(RPCError) {
        try await sync()
        if trust.withLock({ !$0.keys.isEmpty }) { wait = configuration.syncEvery }
      } catch {
        // Everything that starts at once starts in some order.
        let isStarting = context.time.uptime() - began < configuration.trustedFor
        context.telemetry.log(
          isStarting ? .debug : .warning, "access.not-synced", [("error", error.message)])
      }
      try? await context.time.sleep(for: wait)
    }
  }

  func sync() async throws(RPCError) {
    while true {
      let asked = context.time.uptime()
      let answer = try await client.trust(after: trust.withLock { $0.through })
      trust.withLock {
        $0.learn(answer, askedAt: asked, keptFor: configuration.voidsKeptFor)
      }
      if answer.isComplete { return }
    }
  }

  // MARK: Judging

  var rules: AccessRules { configuration.rules }

  public func principal(authorization: [String]) async throws(Problem) -> Principal {
    let token = try BearerToken(authorization: authorization)
    return token.text.hasPrefix("mr_")
      ? try await holder(ofOpaque: token.text) : try await holder(ofAccess: token.text)
  }

  /// What identity and access says of a request that came by the gateway; nil when it did not say
  /// that.
  func identity(_ text: String) async throws(Problem) -> GatewayIdentity? {
    let verdict = try await verdict(text, GatewayIdentity.type)
    guard case .success(let payload) = verdict else { return nil }
    return GatewayIdentity(payload: payload)
  }

  private func holder(ofAccess text: String) async throws(Problem) -> Principal {
    // What cannot be an access token is none, whatever is known.
    guard text.utf8.filter({ $0 == UInt8(ascii: ".") }).count == 2 else {
      throw refused("mistyped")
    }
    let claims: AccessClaims
    switch try await verdict(text, AccessClaims.type) {
    case .success(let payload):
      guard let read = AccessClaims(payload: payload) else { throw refused("malformed") }
      claims = read
    case .failure(let refusal): throw refused("\(refusal)")
    }
    if let fault = claims.fault(configuration.rules, at: context.time.now()) {
      throw refused(fault)
    }
    if trust.withLock({ $0.isVoid(claims) }) { throw refused("void") }
    return Principal(claims)
  }

  /// What a signed text of that type says, by the keys that are known now, or by those that are
  /// known when they have been asked for once more.
  private func verdict(
    _ text: String, _ type: String
  ) async throws(Problem) -> Result<[UInt8], JWSRefusal> {
    let first = try verified(text, type)
    guard first == .failure(.unknownKey), await hasLookedAgain() else { return first }
    return try verified(text, type)
  }

  private func verified(
    _ text: String, _ type: String
  ) throws(Problem) -> Result<[UInt8], JWSRefusal> {
    let trust = trust.withLock { $0 }
    guard trust.isFresh(at: context.time.uptime(), within: configuration.trustedFor) else {
      throw Problem.unavailable("it cannot be said who you are: identity and access is away")
    }
    do throws(JWSRefusal) {
      let jws = try CompactJWS(text, keys: trust.keys, signer: signer)
      return jws.type == type ? .success(jws.payload) : .failure(.malformed)
    } catch {
      return .failure(error)
    }
  }

  /// A key may be younger than what is known, as the first of all is. Whoever sends keys that there
  /// are not makes nobody ask more often than at a start.
  private func hasLookedAgain() async -> Bool {
    let now = context.time.uptime()
    let isDue = lookedAt.withLock { last in
      if let last, now - last < configuration.retryEvery { return false }
      last = now
      return true
    }
    guard isDue else { return false }
    do throws(RPCError) {
      try await sync()
      return true
    } catch {
      return false
    }
  }

  /// The caller is told one thing whatever was wrong; the log knows more.
  private func refused(_ why: String) -> Problem {
    context.telemetry.count("access_refused", 1, [("why", why)])
    return Problem.unauthenticated("the token is not good (any more)", error: "invalid_token")
  }

  private func holder(ofOpaque text: String) async throws(Problem) -> Principal {
    let name = digest.hexadecimal(of: [UInt8](text.utf8))
    let asked = context.time.uptime()
    let known = answers.withLock { $0[name] }
    // What is known was a token when it was asked about: only what is new is taken apart.
    if let known, asked - known.heardAt <= configuration.answersKeptFor {
      return try holder(known)
    }
    guard let token = SecretToken(text: text) else { throw refused("mistyped") }
    let answer: Answer
    do throws(RPCError) {
      let response = try await client.validate(token.text)
      answer = Answer(
        principal: Principal(response), expiresAt: Moment(microseconds: response.expiresAtUs),
        heardAt: asked)
    } catch {
      guard error.code == .unauthenticated else {
        throw Problem.unavailable("it cannot be said who you are: identity and access is away")
      }
      answer = Answer(principal: nil, expiresAt: .distantFuture, heardAt: asked)
    }
    keep(answer, of: name)
    return try holder(answer)
  }

  private func holder(_ answer: Answer) throws(Problem) -> Principal {
    guard let principal = answer.principal, context.time.now() < answer.expiresAt else {
      throw refused("unknown")
    }
    return principal
  }

  private func keep(_ answer: Answer, of name: String) {
    answers.withLock { answers in
      if answers.count >= configuration.answersKeptMax {
        answers = SortedMap(
          answers.filter { answer.heardAt - $0.value.heardAt <= configuration.answersKeptFor }
            .map { ($0.key, $0.value) })
        if answers.count >= configuration.answersKeptMax { answers = [:] }
      }
      answers[name] = answer
    }
  }
}

/// Lets the local user of a process in by a token of its own, and everybody else by the rules of
/// another authenticator.
public struct LocalFirstAuthenticator: Authenticator {
  private let prefix: String
  private let local: any Authenticator
  private let others: any Authenticator

  /// - Parameter prefix: what the local token begins with, and no other one.
  public init(prefix: String, local: any Authenticator, others: any Authenticator) {
    self.prefix = prefix
    self.local = local
    self.others = others
  }

  public func principal(authorization: [String]) async throws(Problem) -> Principal {
    let token = try BearerToken(authorization: authorization)
    return token.text.hasPrefix(prefix)
      ? try await local.principal(authorization: authorization)
      : try await others.principal(authorization: authorization)
  }
}

extension Principal {
  /// Who a token belongs to, as identity and access says. Permissions that this process does not
  /// know are left out: it has nothing that they could open.
  init(_ response: ValidateTokenResponse) {
    self.init(
      id: response.subject, kind: Kind(rawValue: response.kind) ?? .nobody, name: response.name)
    signIn = response.signIn
    for grant in response.grants {
      let permissions = SortedSet(grant.permissions.compactMap { Permission(rawValue: $0) })
      switch GrantPlace(text: grant.place) {
      case .installation?: self.permissions = permissions
      case .namespace(let name)?: namespaces[name] = permissions
      case nil: break
      }
    }
  }
}
