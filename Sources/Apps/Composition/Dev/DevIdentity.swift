internal import CryptoAdapter
internal import Domain
internal import IAMService
internal import Ports
internal import ServiceKit

/// Identity and access of `dev`: anyone may register, and the local user administers everything by
/// its token.
struct DevIdentity: Sendable {
  /// What the token of the local user begins with, and no other token.
  static let localPrefix = "mr_dev_"

  let server: IAMServer
  /// For the router: the local token, access tokens and tokens for programs.
  let authenticator: any Authenticator
  /// For the router: what it notes is sent in batches, so that nobody waits for it.
  let audit: RemoteAuditTrail
  private let others: IdentityAuthenticator
  private let hasher: Argon2PasswordHasher

  /// - Parameters:
  ///   - master: 32 secret bytes; the same as before, where data of before is there.
  ///   - local: lets the local user in.
  init(
    _ runtime: Runtime, store: any RecordStore, network: any Network, master: [UInt8],
    local: any Authenticator
  ) {
    let digest = OpenSSLDigest()
    let signer = OpenSSLSigner()
    let context = runtime.context
    hasher = Argon2PasswordHasher()
    let sealKey = digest.hexadecimal(digest: digest.derivedKey("cursors", from: master))
    server = IAMServer(
      IAMPorts(
        store: store, network: network,
        crypto: IAMCrypto(digest: digest, signer: signer, hasher: hasher, sealer: OpenSSLSealer()),
        context: context,
        seal: CursorSeal(key: sealKey, digest: digest), secrets: IAMSecrets(master: master),
        configuration: .onOneMachine))
    others = IdentityAuthenticator(
      network: network, signer: signer, digest: digest, context: context)
    authenticator = LocalFirstAuthenticator(
      prefix: DevIdentity.localPrefix, local: local, others: others)
    audit = RemoteAuditTrail(network: network, context: context)
  }

  /// Runs until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await server.run() }
      group.addTask { await others.run() }
      group.addTask { await audit.run() }
    }
    hasher.stop()
  }

  /// The master secret: in the data folder, or new each time when everything is in memory.
  static func master(
    _ configuration: DevConfiguration, _ runtime: Runtime
  ) throws(StartFailure) -> [UInt8] {
    let fresh = runtime.randomness.bytes(SecretFile.length)
    guard let folder = configuration.dataDirectory else { return fresh }
    return try SecretFile.bytes(at: folder + "/identity.key", fresh: fresh)
  }
}
