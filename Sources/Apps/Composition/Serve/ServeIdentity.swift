internal import CryptoAdapter
internal import Domain
internal import HTTPAdapter
internal import IAMService
internal import Ports
internal import ServiceKit

/// Who sends requests, as identity and access says: here, or in another process.
struct ServeIdentity: Sendable {
  let authenticator: IdentityAuthenticator
  /// What the router notes; in batches, so that nobody waits for it.
  let audit: RemoteAuditTrail
  private let server: IAMServer?
  private let hasher: Argon2PasswordHasher?

  var routes: [Route] { server?.routes ?? [] }

  init(
    _ configuration: ServeConfiguration, _ runtime: Runtime, _ storage: ServeStorage,
    _ network: LocalNetwork, _ keys: ServeKeys
  ) {
    let digest = OpenSSLDigest()
    let signer = OpenSSLSigner()
    if let store = storage.stores[.iam], let master = keys.master {
      let hasher = Argon2PasswordHasher()
      self.hasher = hasher
      server = IAMServer(
        IAMPorts(
          store: store, network: network,
          crypto: IAMCrypto(
            digest: digest, signer: signer, hasher: hasher, sealer: OpenSSLSealer()),
          context: runtime.context,
          seal: CursorSeal(
            key: digest.hexadecimal(digest: digest.derivedKey("cursors", from: master)),
            digest: digest),
          secrets: IAMSecrets(master: master, firstAdminToken: keys.firstAdminToken)))
    } else {
      server = nil
      hasher = nil
    }
    authenticator = IdentityAuthenticator(
      network: network, signer: signer, digest: digest, context: runtime.context)
    audit = RemoteAuditTrail(network: network, context: runtime.context)
  }

  /// Runs until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      if let server {
        group.addTask { await server.run() }
        group.addTask { await server.runGateway(authenticator) }
      }
      group.addTask { await authenticator.run() }
      group.addTask { await audit.run() }
    }
    hasher?.stop()
  }
}
