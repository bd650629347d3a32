/// How something is signed; the names of RFC 7518 §3.1 and RFC 8037 §3.1. Nothing with shared keys
/// is here, and nothing that signs nothing.
public enum SignatureAlgorithm: String, Hashable, Sendable, CaseIterable {
  /// ECDSA on P-256 with SHA-256.
  case es256 = "ES256"
  /// Ed25519 (RFC 8032).
  case edDSA = "EdDSA"
}

/// A public key. It belongs to exactly one algorithm.
public struct VerifyingKey: Hashable, Sendable {
  public var algorithm: SignatureAlgorithm
  /// Ed25519: 32 bytes. P-256: x and y, 32 bytes each.
  public var bytes: [UInt8]

  public init(_ algorithm: SignatureAlgorithm, bytes: [UInt8]) {
    self.algorithm = algorithm
    self.bytes = bytes
  }
}

/// A private key with its public one. Never printed.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  public let secret: [UInt8]
  public let verifyingKey: VerifyingKey

  /// For signers, which know that the two belong together.
  public init(secret: [UInt8], verifyingKey: VerifyingKey) {
    self.secret = secret
    self.verifyingKey = verifyingKey
  }

  public var description: String { "\(verifyingKey.algorithm.rawValue) key ***" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Signs and verifies. Production: OpenSSL. Simulation: a stand-in that tells keys, messages and
/// algorithms apart.
public protocol Signer: Sendable {
  /// The key that 32 secret bytes stand for: the same bytes give the same key everywhere. Nil for
  /// any other length and for the one in 2³² sequences that is no key of P-256.
  func key(_ algorithm: SignatureAlgorithm, seed: [UInt8]) -> SigningKey?

  /// 64 bytes: for P-256 r and s as RFC 7518 §3.4 has them. Empty only when the key is not one that
  /// this signer made.
  func signature(of message: [UInt8], by key: SigningKey) -> [UInt8]

  /// False for every signature, message and key that do not belong together, whatever they are: of
  /// a wrong length, out of range, not on the curve.
  func isSignature(_ signature: [UInt8], of message: [UInt8], by key: VerifyingKey) -> Bool
}
