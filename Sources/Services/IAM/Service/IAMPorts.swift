internal import Domain
public import Ports
public import ServiceKit

/// The ports of identity and access and what is shared by its parts.
public struct IAMPorts: Sendable {
  public let store: any RecordStore
  public let network: any Network
  public let digest: any Digest
  public let signer: any Signer
  public let hasher: any PasswordHasher
  let sealer: any Sealer
  public let context: ServiceContext
  public let seal: CursorSeal
  public let configuration: IAMConfiguration
  let vault: Vault

  public init(
    store: any RecordStore, network: any Network, crypto: IAMCrypto, context: ServiceContext,
    seal: CursorSeal, secrets: IAMSecrets, configuration: IAMConfiguration = IAMConfiguration()
  ) {
    precondition(secrets.master.count >= 32, "the master secret has at least 32 bytes")
    self.store = store
    self.network = network
    digest = crypto.digest
    signer = crypto.signer
    hasher = crypto.hasher
    sealer = crypto.sealer
    self.context = context
    self.seal = seal
    self.configuration = configuration
    vault = Vault(secrets, digest: crypto.digest)
  }

  var now: Moment { context.time.now() }
}

/// The cryptography of identity and access.
public struct IAMCrypto: Sendable {
  public let digest: any Digest
  public let signer: any Signer
  public let hasher: any PasswordHasher
  public let sealer: any Sealer

  public init(
    digest: any Digest, signer: any Signer, hasher: any PasswordHasher, sealer: any Sealer
  ) {
    self.digest = digest
    self.signer = signer
    self.hasher = hasher
    self.sealer = sealer
  }
}

/// What the operator keeps outside of the store. Never printed.
public struct IAMSecrets: Sendable, CustomStringConvertible, CustomReflectable {
  /// At least 32 random bytes, the same in every process of the service. What was derived from
  /// another one is void: keys, successors of refresh tokens, answers to repeated requests.
  public let master: [UInt8]
  /// What the first administrator registers with, as `SecretToken` prints it; nil means that nobody
  /// can.
  public let firstAdminToken: String?

  public init(master: [UInt8], firstAdminToken: String? = nil) {
    self.master = master
    self.firstAdminToken = firstAdminToken
  }

  public var description: String { "***" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
