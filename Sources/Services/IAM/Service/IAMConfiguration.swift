internal import Domain
public import IAMCore
public import ServiceKit

/// Limits of identity and access. Validated once at start; nothing reads defaults later.
public struct IAMConfiguration: Sendable {
  /// Who may make a user of their own.
  public var registration = RegistrationMode.closed
  /// Issuer and audience of access tokens, and how far clocks may differ.
  public var rules = AccessRules()
  public var accessTokenLife: Duration = .seconds(600)
  /// How long a service may take what was said of a request at the gateway.
  public var gatewayIdentityLife: Duration = .seconds(30)
  public var passwords = PasswordPolicy()
  public var signIns = SignIn.Limits()
  public var tokens = APIToken.Limits()
  public var keys = KeyRing.Limits()
  public var invitationLife: Duration = .seconds(7 * 24 * 3_600)
  public var loginsPerAccount = LoginThrottle.Limits.account
  public var loginsPerSource = LoginThrottle.Limits.source
  public var registrationsPerSource = LoginThrottle.Limits(
    failuresFree: 5, delayFirst: .seconds(720), delayMax: .seconds(720))
  public var tokensPerOwnerMax = 100
  public var requestBytesMax = 16_384
  public var secretsPerNamespaceMax = 500
  /// Decisions that are made anew because somebody else was faster.
  public var conflictsMax = 8
  /// Denials of callers that nobody knows, written down in one second; more are counted only.
  public var strangersAuditedPerSecondMax = 50
  /// How long an answer to an Idempotency-Key is given again.
  public var answersKeptFor: Duration = .seconds(24 * 3_600)
  /// How long a void is told: longer than any access token lives.
  public var voidsKeptFor: Duration = .seconds(3_600)
  public var voidsPerAnswerMax = 1_000
  /// How long others may keep the list of keys.
  public var keysCachedFor: Duration = .seconds(300)
  /// Between two looks at the ring of keys.
  public var keysReadEvery: Duration = .seconds(5)
  public var sweepEvery: Duration = .seconds(60)
  public var rowsSweptAtOnceMax = 200
  /// How long it waits after the store or the network had no answer.
  public var retryWait: Duration = .milliseconds(200)

  public init() {}

  /// For a server on somebody's own machine: anyone may register, and everybody comes from one
  /// address.
  public static var onOneMachine: IAMConfiguration {
    var configuration = IAMConfiguration()
    configuration.registration = .open
    configuration.registrationsPerSource.failuresFree = 1_000
    configuration.loginsPerSource.failuresFree = 10_000
    return configuration
  }

  /// Takes `closed`, `invite` or `open`; false for every other word.
  public mutating func setRegistration(_ word: String) -> Bool {
    guard let mode = RegistrationMode(rawValue: word) else { return false }
    registration = mode
    return true
  }
}
