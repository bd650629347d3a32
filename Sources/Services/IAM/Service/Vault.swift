internal import Domain
internal import IAMCore
internal import Ports

/// Everything that is derived from the master secret, each from a key of its own. The store holds
/// nothing that opens anything: digests of tokens and public keys only.
struct Vault: Sendable {
  private let digest: any Digest
  private let refreshKey: [UInt8]
  private let tokenKey: [UInt8]
  private let answerKey: [UInt8]
  private let signingKey: [UInt8]
  private let fingerprintKey: [UInt8]
  /// Seals the keys of secrets.
  let secretsKey: [UInt8]
  /// Which one that is.
  let secretsKeyName: String
  private let firstAdminDigest: [UInt8]?

  init(_ secrets: IAMSecrets, digest: any Digest) {
    self.digest = digest
    refreshKey = digest.derivedKey("refresh tokens", from: secrets.master)
    tokenKey = digest.derivedKey("tokens", from: secrets.master)
    answerKey = digest.derivedKey("answers", from: secrets.master)
    signingKey = digest.derivedKey("access tokens", from: secrets.master)
    fingerprintKey = digest.derivedKey("fingerprints of secrets", from: secrets.master)
    secretsKey = digest.derivedKey("secrets", from: secrets.master)
    secretsKeyName = String(
      digest.hexadecimal(digest: digest.derivedKey("name of secrets", from: secrets.master))
        .prefix(16))
    firstAdminDigest = secrets.firstAdminToken.map { digest.digest([UInt8]($0.utf8)) }
  }

  /// The name of a token in the store.
  func name(of token: SecretToken) -> String {
    digest.hexadecimal(of: [UInt8](token.text.utf8))
  }

  /// The token that follows a refresh token: the same whenever it is asked for, and nothing that
  /// anybody else can compute.
  func successor(of token: SecretToken) -> SecretToken? {
    SecretToken(.refresh, secret: digest.authenticationCode(of: token.secret, key: refreshKey))
  }

  /// The secret of a token with this id: it can be shown again to who repeats the request that made
  /// it, and is kept nowhere.
  func token(_ kind: SecretToken.Kind, id: String) -> SecretToken? {
    let message = [UInt8]("\(kind.rawValue)\n\(id)".utf8)
    return SecretToken(kind, secret: digest.authenticationCode(of: message, key: tokenKey))
  }

  /// A code of a request that tells it from others and nothing else, passwords included.
  func code(ofRequest body: [UInt8]) -> [UInt8] {
    digest.authenticationCode(of: body, key: answerKey)
  }

  /// Tells values of one secret apart; equal values of two secrets have different ones.
  func fingerprint(of value: SecretValue, _ namespace: NamespaceName, _ name: SecretName) -> String
  {
    let message = [UInt8]("\(namespace)\n\(name)\n\(value.text)".utf8)
    let code = digest.authenticationCode(of: message, key: fingerprintKey)
    return String(digest.hexadecimal(digest: code).prefix(16))
  }

  func seed(ofKey id: KeyID) -> [UInt8] {
    digest.authenticationCode(of: [UInt8](id.text.utf8), key: signingKey)
  }

  func isFirstAdminToken(_ text: String) -> Bool {
    guard let firstAdminDigest else { return false }
    return ConstantTime.isEqual(digest.digest([UInt8](text.utf8)), firstAdminDigest)
  }
}
